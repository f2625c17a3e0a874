import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metadata, MetaFile, Root, Snapshot, Targets, Timestamp } from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'
import { readIfThere } from '../files/absence.ts'
import { storedTarget } from '../update/metadata/target-paths.ts'
import { type AnyMetadata, isSignedFor, parseMetadata, type RoleName } from './roles.ts'
import { type RootChain, readRootChain } from './root-chain.ts'

/** What a repository says now: what its timestamp leads to. */
export type RepositoryState = {
  readonly roots: RootChain
  readonly timestamp: Metadata<Timestamp>
  readonly snapshot: Metadata<Snapshot>
  readonly targets: Metadata<Targets>
}

/** Where the parts of a repository are. */
export function metadataFile(repository: string, name: string): string {
  return join(repository, 'metadata', name)
}

/**
 * Reads a repository and checks it as a host would, but for expiry; undefined when there is none yet.
 * Metadata that a newer root does not accept any more is fine if an older one of the chain did.
 *
 * @param moreRoots roots that are not in the repository yet
 * @throws SLIPWAY_RELEASE_REPOSITORY_DAMAGED
 */
export async function readRepository(
  directory: string,
  moreRoots: RootChain = [],
): Promise<RepositoryState | undefined> {
  const roots = await readRootChain(join(directory, 'metadata'))
  const trusted = [...moreRoots, ...roots]
  const file = metadataFile(directory, 'timestamp.json')
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  const timestamp = parseMetadata('timestamp', text, file)
  checkSigned(trusted, 'timestamp', timestamp, file)
  const { snapshotMeta } = timestamp.signed
  const snapshotFile = metadataFile(directory, `${snapshotMeta.version}.snapshot.json`)
  const snapshotText = await readChecked(snapshotFile, snapshotMeta)
  const snapshot = parseMetadata('snapshot', snapshotText, snapshotFile)
  checkSigned(trusted, 'snapshot', snapshot, snapshotFile)
  const targetsMeta = snapshot.signed.meta['targets.json']
  if (targetsMeta === undefined) throw damaged(snapshotFile, 'it does not name targets.json')
  const targetsFile = metadataFile(directory, `${targetsMeta.version}.targets.json`)
  const targetsText = await readChecked(targetsFile, targetsMeta)
  const targets = parseMetadata('targets', targetsText, targetsFile)
  checkSigned(trusted, 'targets', targets, targetsFile)
  return { roots, timestamp, snapshot, targets }
}

/** As `readRepository`. Throws SLIPWAY_RELEASE_REPOSITORY_MISSING when there is none. */
export async function requireRepository(
  directory: string,
  moreRoots: RootChain = [],
): Promise<RepositoryState> {
  const state = await readRepository(directory, moreRoots)
  if (state !== undefined) return state
  const reason = 'it has no metadata/timestamp.json'
  throw releaseErrors.error('SLIPWAY_RELEASE_REPOSITORY_MISSING', { directory, reason })
}

/** The text of a small target, checked; undefined when the repository has no such target. */
export async function readTarget(
  directory: string,
  targets: Metadata<Targets>,
  target: string,
): Promise<string | undefined> {
  const info = targets.signed.targets[target]
  if (info === undefined) return undefined
  const path = join(directory, 'targets', storedTarget(target, info.hashes.sha256 ?? ''))
  return await readChecked(path, { verify: (bytes) => verifyTarget(bytes, info) })
}

function verifyTarget(bytes: Buffer, info: { length: number; hashes: Record<string, string> }) {
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (bytes.length !== info.length || actual !== info.hashes.sha256)
    throw new Error(`its SHA-256 is ${actual}, not ${info.hashes.sha256}`)
}

async function readChecked(path: string, expected: Pick<MetaFile, 'verify'>): Promise<string> {
  try {
    const bytes = await readFile(path)
    expected.verify(bytes)
    return bytes.toString('utf8')
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : String(error), error)
  }
}

function checkSigned(
  roots: readonly Metadata<Root>[],
  role: RoleName,
  metadata: AnyMetadata,
  file: string,
): void {
  if (!roots.some((root) => isSignedFor(root, role, metadata)))
    throw damaged(file, `it is not signed by the keys of the role ${role}`)
}

function damaged(file: string, reason: string, cause?: unknown) {
  return releaseErrors.error('SLIPWAY_RELEASE_REPOSITORY_DAMAGED', { file, reason }, cause)
}
