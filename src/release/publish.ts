import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { releaseErrors } from '../errors/release.ts'
import { ifAbsent, namesIn, readIfThere } from '../files/absence.ts'
import { acquireLock } from '../pipeline/lock.ts'
import { fileDigest } from '../pipeline/outputs-digest.ts'
import { explainSystemError } from '../pipeline/system-error.ts'
import { storedTarget } from '../update/metadata/target-paths.ts'
import { Placement } from './place.ts'
import {
  metadataFile,
  type RepositoryState,
  readRepository,
  requireRepository,
} from './repository.ts'
import { rootFile } from './root-chain.ts'

export type PublishRequest = {
  readonly repository: string
  /** The directory that is served; made if it is not there. */
  readonly directory: string
  readonly signal: AbortSignal
}

export type PublishResult = {
  readonly directory: string
  /** Files that were not there yet, metadata included. */
  readonly written: number
  readonly targets: number
  /** When hosts stop to believe what is served, unless it is refreshed and published before. */
  readonly expires: string
}

/**
 * Brings a directory for a static HTTP server up to what the repository says. Hosts may read meanwhile:
 * what others list comes first, and each file appears complete. The same call again writes nothing;
 * after a power cut it goes on.
 *
 * @throws SLIPWAY_RELEASE_REPOSITORY_MISSING, SLIPWAY_RELEASE_REPOSITORY_DAMAGED,
 * SLIPWAY_RELEASE_DIRECTORY_OTHER
 */
export async function publishRepository(request: PublishRequest): Promise<PublishResult> {
  const { repository, directory, signal } = request
  await requireRepository(repository)
  try {
    await refuseForeignDirectory(directory)
    const lock = await acquireLock(join(repository, '.lock'), signal)
    try {
      return await publish(request)
    } finally {
      await lock.release()
    }
  } catch (error) {
    throw explainSystemError(error, directory, 'Publish releases')
  }
}

async function publish({ repository, directory, signal }: PublishRequest): Promise<PublishResult> {
  const state = await requireRepository(repository)
  await refuseOtherRepository(directory, state)
  await mkdir(directory, { recursive: true })
  const placement = await Placement.begin(directory)
  let written = 0
  try {
    const targets = Object.values(state.targets.signed.targets)
    for (const { path, length, hashes } of targets) {
      signal.throwIfAborted()
      const stored = join('targets', storedTarget(path, hashes.sha256 ?? ''))
      if ((await sizeOf(join(directory, stored))) === length) continue
      await checkTarget(join(repository, stored), hashes.sha256 ?? '')
      await placement.file(join(repository, stored), join(directory, stored))
      written += 1
    }
    for (const name of metadataInOrder(state, await hasMetadata(directory))) {
      signal.throwIfAborted()
      const text = await readFile(metadataFile(repository, name), 'utf8')
      if (text === (await readIfThere(metadataFile(directory, name)))) continue
      await placement.text(text, metadataFile(directory, name))
      written += 1
    }
    return {
      directory,
      written,
      targets: targets.length,
      expires: state.timestamp.signed.expires,
    }
  } finally {
    await placement.end()
  }
}

/** As in `writeRevision`: what is listed before what lists it; new roots last, but for the first time. */
function metadataInOrder({ roots, timestamp, snapshot }: RepositoryState, more: boolean): string[] {
  const rootFiles = roots.map(({ signed }) => rootFile(signed.version))
  const rest = [
    `${snapshot.signed.meta['targets.json']?.version}.targets.json`,
    `${timestamp.signed.snapshotMeta.version}.snapshot.json`,
    'timestamp.json',
  ]
  return more ? [...rest, ...rootFiles] : [...rootFiles, ...rest]
}

async function checkTarget(file: string, sha256: string): Promise<void> {
  const actual = (await fileDigest(file).catch(ifAbsent)) ?? 'that of no file'
  if (actual === sha256) return
  const reason = `its SHA-256 is ${actual}, not ${sha256}`
  throw releaseErrors.error('SLIPWAY_RELEASE_REPOSITORY_DAMAGED', { file, reason })
}

/** A directory with other things in it is not ours to fill. */
async function refuseForeignDirectory(directory: string): Promise<void> {
  const names = await namesIn(directory)
  const foreign = names.filter((name) => !name.startsWith('.'))
  if (foreign.length === 0 || foreign.includes('targets') || foreign.includes('metadata')) return
  const reason = `it has other files, such as ${foreign[0]}`
  throw releaseErrors.error('SLIPWAY_RELEASE_DIRECTORY_OTHER', { directory, reason })
}

async function refuseOtherRepository(directory: string, state: RepositoryState): Promise<void> {
  const other = (reason: string) =>
    releaseErrors.error('SLIPWAY_RELEASE_DIRECTORY_OTHER', { directory, reason })
  const there = await readRepository(directory, state.roots)
  if (there === undefined) return
  const [first, ownFirst] = [there.roots.at(0), state.roots.at(0)]
  if (!isDeepStrictEqual(first?.signed.toJSON(), ownFirst?.signed.toJSON()))
    throw other('another repository, with another first root, is published there')
  const [version, ownVersion] = [there.timestamp.signed.version, state.timestamp.signed.version]
  if (version > ownVersion)
    throw other(
      `its timestamp is of version ${version}, that of the repository of ${ownVersion}: hosts would take it for a rollback`,
    )
}

async function hasMetadata(directory: string): Promise<boolean> {
  return (await readIfThere(metadataFile(directory, 'timestamp.json'))) !== undefined
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(ifAbsent))?.size
}
