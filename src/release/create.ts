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
  parseTarget,
  releaseTarget,
  storedTarget,
} from '../update/metadata/target-paths.ts'
import type { Deltas, ReleaseDescription } from '../update/release.ts'
import { type BuildOutput, readBuildOutput } from './build-output.ts'
import { type MadeDeltas, makeDeltas } from './delta/make-deltas.ts'
import { descriptionText, readChannel, readRelease } from './descriptions.ts'
import { type KeyPlaces, readOwnRoots } from './key-directory.ts'
import type { Lifetimes } from './lifetimes.ts'
import { Placement } from './place.ts'
import { describeRelease, type Outcome, planRelease, type ReleasePlan } from './plan-release.ts'
import { type RepositoryState, readRepository } from './repository.ts'
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
  /** How many releases the channel keeps, besides its floors; all if undefined. */
  readonly keep?: number | undefined
  /**
   * Versions that patches are made from; the newest one of the channel if undefined. `none`: no patches, no
   * chunks, nothing compressed.
   */
  readonly deltaFrom?: readonly string[] | 'none' | undefined
  readonly lifetimes: Lifetimes
  readonly now: Date
  readonly signal: AbortSignal
}

export type CreateResult = {
  readonly image: string
  readonly version: string
  readonly channel: string
  readonly outcome: Outcome
  /** Versions that the channel lists no longer; their files stay. */
  readonly dropped: readonly string[]
  /** Versions that patches were made from. */
  readonly patches: readonly string[]
  /** Metadata that expires soon, and that only other keys can sign anew. */
  readonly waiting: Revision['waiting']
}

/**
 * Makes a signed release of a build: adds its files, its description and its place in a channel to the
 * repository. The same call again changes nothing; after a power cut, it completes what was begun.
 *
 * @throws SLIPWAY_RELEASE_NAME_INVALID, SLIPWAY_RELEASE_NUMBER_INVALID, SLIPWAY_RELEASE_BUILD_MISSING, SLIPWAY_RELEASE_BUILD_CHANGED,
 * SLIPWAY_RELEASE_DELTA_FROM_UNKNOWN, SLIPWAY_RELEASE_VERSION_TAKEN, SLIPWAY_RELEASE_VERSION_OLDER, SLIPWAY_RELEASE_REPOSITORY_DAMAGED,
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
  const { keep } = request
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 1))
    throw releaseErrors.error('SLIPWAY_RELEASE_NUMBER_INVALID', {
      what: 'the number of releases to keep',
      value: String(keep),
      expected: 'a whole number from 1 on',
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
  const { image, channel, repository, places, floor, keep, lifetimes, now, signal } = request
  const { version } = build
  const { chain } = await readOwnRoots(places.directory, '--keys')
  const state = await readRepository(repository, chain)
  const plan = planRelease(
    describeRelease(build, now),
    { channel, floor, keep },
    {
      release: state && (await readRelease(repository, state.targets, image, version)),
      channel: state && (await readChannel(repository, state.targets, channel, image)),
    },
  )
  const placement = await Placement.begin(repository)
  try {
    const made = await deltasOf(request, build, state, plan, placement)
    const files = [...made.files, ...filesOf(withDeltas(plan, made.deltas), build, channel)]
    const revision = await signRevision({
      state,
      repository,
      places,
      lifetimes,
      now,
      changed: files.map(({ target, sizeBytes, sha256 }) => targetFile(target, sizeBytes, sha256)),
      removed: state === undefined ? [] : await unlisted(request, state, plan.dropped),
      freshTimestamp: false,
    })
    for (const file of files) {
      signal.throwIfAborted()
      const path = join(repository, 'targets', storedTarget(file.target, file.sha256))
      if ('text' in file) await placement.text(file.text, path)
      else await placement.file(file.path, path)
    }
    signal.throwIfAborted()
    await writeRevision(placement, repository, revision, state === undefined)
    const { outcome, dropped } = plan
    return {
      image,
      version,
      channel,
      outcome,
      dropped,
      patches: made.deltas.patches?.map(({ from }) => from) ?? [],
      waiting: revision.waiting,
    }
  } finally {
    await placement.end()
  }
}

/** Ways to the new release that take less than its files; none for one that was there before. */
async function deltasOf(
  { image, repository, deltaFrom, signal }: CreateRequest,
  build: BuildOutput,
  state: RepositoryState | undefined,
  plan: ReleasePlan,
  placement: Placement,
): Promise<MadeDeltas> {
  if (plan.release === undefined || deltaFrom === 'none') return { deltas: {}, files: [] }
  const newest = plan.channel?.releases.at(-2)?.version
  const versions = deltaFrom ?? (newest === undefined ? [] : [newest])
  const earlier: ReleaseDescription[] = []
  for (const version of new Set(versions)) {
    const release = state && (await readRelease(repository, state.targets, image, version))
    if (release === undefined)
      throw releaseErrors.error('SLIPWAY_RELEASE_DELTA_FROM_UNKNOWN', { image, version })
    earlier.push(release)
  }
  return await makeDeltas({ build, earlier, repository, placement, signal })
}

function withDeltas(plan: ReleasePlan, deltas: Deltas): ReleasePlan {
  return plan.release && Object.keys(deltas).length > 0
    ? { ...plan, release: { ...plan.release, deltas } }
    : plan
}

/** The targets of dropped versions that no other channel lists. */
async function unlisted(
  { image, channel, repository }: CreateRequest,
  { targets }: RepositoryState,
  dropped: readonly string[],
): Promise<string[]> {
  const paths = Object.keys(targets.signed.targets)
  const stillListed = new Set<string>()
  for (const path of dropped.length === 0 ? [] : paths) {
    const parsed = parseTarget(path)
    if (parsed?.kind !== 'channel' || parsed.image !== image || parsed.channel === channel) continue
    const other = await readChannel(repository, targets, parsed.channel, image)
    for (const { version } of other?.releases ?? []) stillListed.add(version)
  }
  const gone = dropped.filter((version) => !stillListed.has(version))
  return paths.filter((path) =>
    gone.some((version) => path.startsWith(releaseTarget(image, version, ''))),
  )
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
