import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isSlipwayError, type SlipwayError } from '../../src/errors/error.ts'
import type { ImageDefinition } from '../../src/image/definition.ts'
import { readLock } from '../../src/packages/lock.ts'
import { type BuiltImage, buildImage } from '../../src/pipeline/index.ts'
import { publishOutputs } from '../../src/pipeline/publish.ts'
import { type CreateRequest, createRelease } from '../../src/release/create.ts'
import { readRelease } from '../../src/release/descriptions.ts'
import { initKeys } from '../../src/release/init-keys.ts'
import { readOwnRoots } from '../../src/release/key-directory.ts'
import { defaultLifetimes } from '../../src/release/lifetimes.ts'
import { publishRepository } from '../../src/release/publish.ts'
import { readRepository } from '../../src/release/repository.ts'
import { storedTarget } from '../../src/update/metadata/target-paths.ts'
import type { Artifact, Deltas, ReleaseDescription } from '../../src/update/release.ts'
import type { Ours } from '../ours.ts'
import { newestVersion, type OlderState, olderStates, titleOf } from './states.ts'

/** A build, and where its files are. */
export type Build = { readonly version: string; readonly directory: string }

export type OlderBuild = Build & { readonly title: string; readonly rootHash: string }

/** Releases of older states and the newest one, as a server would have them. */
export type Releases = {
  /** Oldest first. */
  readonly older: readonly OlderBuild[]
  /** States that the archive has no longer, with its words. */
  readonly gone: readonly { readonly title: string; readonly reason: string }[]
  readonly newest: Build & { readonly deltas: Deltas }
  /** Directories to serve: with the oldest release alone, and with all. */
  readonly served: { readonly before: string; readonly after: string }
  /** The file of the repository that holds an artifact. */
  file(artifact: Artifact): string
  /** The tools tree of the builds. */
  readonly tools: string
}

export type ReleasesOptions = {
  readonly ours: Ours
  readonly definition: ImageDefinition
  /** Where builds and repository go; emptied before. */
  readonly directory: string
  readonly signal: AbortSignal
  say(text: string): void
}

/**
 * Builds the older states and the newest one, and releases them, with patches from each.
 *
 * @throws what builds and releases throw, but for a package that the archive has no longer
 */
export async function makeReleases(options: ReleasesOptions): Promise<Releases> {
  const { directory, signal, say } = options
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const places = { directory: join(directory, 'keys') }
  const { root } = await initKeys({
    ...places,
    rootKeys: 1,
    threshold: 1,
    lifetimes: defaultLifetimes,
    passphrase: undefined,
    now: new Date(),
  })
  const repository = join(directory, 'repository')
  const release = ({ directory: build }: Build, deltaFrom: CreateRequest['deltaFrom']) =>
    createRelease({
      image: 'qemu',
      channel: 'stable',
      build,
      repository,
      places,
      floor: false,
      deltaFrom,
      lifetimes: defaultLifetimes,
      now: new Date(),
      signal,
    })
  const found: { state: OlderState; built: Built }[] = []
  const gone: { title: string; reason: string }[] = []
  for (const state of olderStates) {
    say(`building an older state: ${state.title}`)
    try {
      found.push({ state, built: await buildState(options, root, state) })
    } catch (error) {
      if (!isPackageGone(error)) throw error
      say(error.message)
      gone.push({ title: state.title, reason: error.message })
    }
  }
  const newest = await buildState(options, root, undefined)
  const served = { before: join(directory, 'before'), after: join(directory, 'after') }
  for (const [index, { built }] of found.entries()) {
    await release(built, 'none')
    if (index === 0) await publishRepository({ repository, directory: served.before, signal })
  }
  say('making patches and chunks')
  const older = found.map(({ state, built }) => ({
    ...built,
    title: titleOf(state, built.versions, newest.versions),
  }))
  await release(
    newest,
    older.map(({ version }) => version),
  )
  await publishRepository({ repository, directory: served.after, signal })
  const { deltas = {} } = await describedRelease(repository, places.directory)
  return {
    older,
    gone,
    newest: { ...newest, deltas },
    served,
    file: ({ target, sha256 }) => join(repository, 'targets', storedTarget(target, sha256)),
    tools: newest.tools,
  }
}

type Built = Build & {
  readonly rootHash: string
  readonly tools: string
  /** Of the image's packages, by name. */
  readonly versions: ReadonlyMap<string, string>
}

/** Builds a state of the image, or the newest one, that trusts the releases. */
async function buildState(
  { ours, definition, directory, signal }: ReleasesOptions,
  root: string,
  state: OlderState | undefined,
): Promise<Built> {
  const version = state?.version ?? newestVersion
  const image = { ...(state?.change(definition) ?? definition), updates: { root } }
  const { project, cache } = ours
  const options = { project, cache, locked: false, version, signal, emit: () => {} }
  let built: BuiltImage
  try {
    if (state?.olderCode) await ours.touch(version)
    built = await buildImage(image, options)
  } finally {
    await ours.restore()
  }
  const build = join(directory, 'builds', version)
  await publishOutputs(built, build)
  const lock = await readLock(join(project, `images/${image.name}.lock.json`))
  return {
    version,
    directory: build,
    rootHash: built.usr.facts.rootHash,
    tools: built.tools.files.trees,
    versions: new Map(lock?.packages.map((each) => [each.name, each.version])),
  }
}

const packageGone = [
  'SLIPWAY_PACKAGES_NOT_FOUND',
  'SLIPWAY_PACKAGES_UNSATISFIABLE',
  'SLIPWAY_PACKAGES_LOCKED_VERSION_GONE',
]

function isPackageGone(error: unknown): error is SlipwayError {
  return packageGone.some((code) => isSlipwayError(error, code))
}

async function describedRelease(repository: string, keys: string): Promise<ReleaseDescription> {
  const { chain } = await readOwnRoots(keys, '--keys')
  const state = await readRepository(repository, chain)
  const release = state && (await readRelease(repository, state.targets, 'qemu', newestVersion))
  if (release === undefined) throw new Error('the newest release is not in its repository')
  return release
}
