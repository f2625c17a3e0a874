import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { TargetFile } from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'
import { acquireLock } from '../pipeline/lock.ts'
import { explainSystemError } from '../pipeline/system-error.ts'
import {
  channelTarget,
  isRepositoryName,
  nameExpectation,
  releaseTarget,
  storedTarget,
} from '../update/metadata/target-paths.ts'
import { type BuildOutput, readBuildOutput } from './build-output.ts'
import { descriptionText, readChannel, readRelease } from './descriptions.ts'
import { type KeyPlaces, readOwnRoots } from './key-directory.ts'
import type { Lifetimes } from './lifetimes.ts'
import { Placement } from './place.ts'
import { describeRelease, type Outcome, planRelease, type ReleasePlan } from './plan-release.ts'
import { readRepository } from './repository.ts'
import { type Revision, signRevision, writeRevision } from './revision.ts'

export type CreateRequest = {
  readonly image: string
  readonly channel: string
  /** What a build has put out: `build/<image>`. */
  readonly build: string
  /** The working repository; made if it is not there. */
  readonly repository: string
  readonly places: KeyPlaces
  /** Hosts may not skip this release. */
  readonly floor: boolean
  readonly lifetimes: Lifetimes
  readonly now: Date
  readonly signal: AbortSignal
}

export type CreateResult = {
  readonly image: string
  readonly version: string
  readonly channel: string
  readonly outcome: Outcome
  /** Metadata that expires soon, and that only other keys can sign anew. */
  readonly waiting: Revision['waiting']
}

/**
 * Makes a signed release of a build: adds its files, its description and its place in a channel to the
 * repository. The same call again changes nothing; after a power cut, it completes what was begun.
 *
 * @throws SLIPWAY_RELEASE_NAME_INVALID, SLIPWAY_RELEASE_BUILD_MISSING, SLIPWAY_RELEASE_BUILD_CHANGED,
 * SLIPWAY_RELEASE_VERSION_TAKEN, SLIPWAY_RELEASE_VERSION_OLDER, SLIPWAY_RELEASE_REPOSITORY_DAMAGED,
 * and as `signRevision`
 */
export async function createRelease(request: CreateRequest): Promise<CreateResult> {
  const { image, channel, repository } = request
  for (const [what, name] of Object.entries({ 'an image': image, 'a channel': channel }))
    if (!isRepositoryName(name))
      throw releaseErrors.error('SLIPWAY_RELEASE_NAME_INVALID', {
        what,
        name,
        expected: nameExpectation,
      })
  await readOwnRoots(request.places.directory, '--keys')
  const build = await readBuildOutput(image, request.build)
  try {
    const lock = await acquireLock(join(repository, '.lock'), request.signal)
    try {
      return await create(request, build)
    } finally {
      await lock.release()
    }
  } catch (error) {
    throw explainSystemError(error, repository, 'Make a release')
  }
}

async function create(request: CreateRequest, build: BuildOutput): Promise<CreateResult> {
  const { image, channel, repository, places, floor, lifetimes, now, signal } = request
  const { version } = build
  const { chain } = await readOwnRoots(places.directory, '--keys')
  const state = await readRepository(repository, chain)
  const plan = planRelease(describeRelease(build, now), channel, floor, {
    release: state && (await readRelease(repository, state.targets, image, version)),
    channel: state && (await readChannel(repository, state.targets, channel, image)),
  })
  const files = filesOf(plan, build, channel)
  const changed = files.map(({ target, sizeBytes, sha256 }) =>
    targetFile(target, sizeBytes, sha256),
  )
  const revision = await signRevision({
    state,
    repository,
    places,
    lifetimes,
    now,
    changed,
    freshTimestamp: false,
  })
  const placement = await Placement.begin(repository)
  try {
    for (const file of files) {
      signal.throwIfAborted()
      const path = join(repository, 'targets', storedTarget(file.target, file.sha256))
      if ('text' in file) await placement.text(file.text, path)
      else await placement.file(file.path, path)
    }
    signal.throwIfAborted()
    await writeRevision(placement, repository, revision, state === undefined)
  } finally {
    await placement.end()
  }
  return { image, version, channel, outcome: plan.outcome, waiting: revision.waiting }
}

type NewTarget = {
  readonly target: string
  readonly sizeBytes: number
  readonly sha256: string
} & ({ readonly path: string } | { readonly text: string })

function filesOf(plan: ReleasePlan, build: BuildOutput, channel: string): NewTarget[] {
  const { image, version } = build
  const fromText = (target: string, text: string): NewTarget => ({
    target,
    text,
    sizeBytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  })
  return [
    ...(plan.release
      ? [
          ...Object.values(build.files).map(({ name, path, sizeBytes, sha256 }) => ({
            target: releaseTarget(image, version, name),
            path,
            sizeBytes,
            sha256,
          })),
          fromText(releaseTarget(image, version, 'release.json'), descriptionText(plan.release)),
        ]
      : []),
    ...(plan.channel
      ? [fromText(channelTarget(channel, image), descriptionText(plan.channel))]
      : []),
  ]
}

function targetFile(path: string, length: number, sha256: string): TargetFile {
  return new TargetFile({ path, length, hashes: { sha256 } })
}
