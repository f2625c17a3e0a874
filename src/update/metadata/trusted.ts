import { readFile } from 'node:fs/promises'
import { Updater } from 'tuf-js'
import { updateErrors } from '../../errors/update.ts'
import type { MetadataCache } from './cache.ts'
import { MetadataFetcher, type Roots } from './fetcher.ts'
import type { Limits } from './limits.ts'
import { refusalOf } from './refusal.ts'
import type { Server } from './server.ts'

export type RefreshOptions = {
  /** Path of the root that trust starts from: in the verified /usr. */
  readonly rootFile: string
  readonly cache: MetadataCache
  readonly server: Server
  readonly limits: Limits
  readonly now: Date
  readonly signal: AbortSignal | undefined
}

/** Metadata that was verified from the host's own root down to the targets. */
export type Trusted = {
  readonly updater: Updater
  readonly rootVersion: number
  readonly timestampVersion: number
  /** When the timestamp expires and when it was signed; ISO 8601, UTC. */
  readonly expires: string
  readonly signedAt: string | undefined
}

/**
 * Follows the TUF client workflow (specification 1.0, section 5). Every time it starts from the root in
 * /usr: a root that somebody put into the cache is worth nothing unless a chain of signatures leads to it.
 */
export async function refreshTrusted(options: RefreshOptions): Promise<Trusted> {
  const { rootFile, cache } = options
  const root = await readRoot(rootFile)
  const cached = await cache.roots(root.version)
  const first = await attempt(options, root.bytes, root.version, cached)
  if ('trusted' in first) return first.trusted
  if (!first.badCachedRoot) throw first.refusal
  // A damaged cache, or that of another repository: its roots are asked for again.
  const kept = new Map([...cached].filter(([version]) => first.roots.has(version)))
  const second = await attempt(options, root.bytes, root.version, kept)
  if ('trusted' in second) return second.trusted
  throw second.refusal
}

type Attempt =
  | { readonly trusted: Trusted }
  | { readonly refusal: unknown; readonly badCachedRoot: boolean; readonly roots: Roots }

async function attempt(
  { cache, server, limits, now, signal, rootFile }: RefreshOptions,
  rootBytes: Buffer,
  ownVersion: number,
  cached: Roots,
): Promise<Attempt> {
  await cache.open(rootBytes)
  const fetcher = new MetadataFetcher(server, limits, cached, signal)
  const updater = newUpdater(rootFile, cache.work, server, limits, fetcher)
  setReferenceTime(updater, now)
  try {
    await updater.refresh()
  } catch (error) {
    signal?.throwIfAborted()
    const roots = await acceptedRoots(cache, fetcher, ownVersion)
    await cache.save(roots)
    const circumstances = {
      server: server.name,
      file: fetcher.file,
      now,
      directory: cache.work,
    }
    const refusal = fetcher.failure ?? refusalOf(error, circumstances)
    return { refusal, badCachedRoot: fetcher.fromCache, roots }
  }
  const timestamp = signedPart(await cache.read('timestamp.json'))
  const roots = await acceptedRoots(cache, fetcher, ownVersion)
  await cache.save(roots)
  return {
    trusted: {
      updater,
      rootVersion: ownVersion + roots.size,
      timestampVersion: timestamp.version,
      expires: timestamp.expires,
      signedAt: timestamp.signed_at,
    },
  }
}

function newUpdater(
  rootFile: string,
  metadataDir: string,
  server: Server,
  limits: Limits,
  fetcher: MetadataFetcher,
): Updater {
  try {
    return new Updater({
      metadataDir,
      metadataBaseUrl: server.metadataUrl,
      fetcher,
      config: {
        maxRootRotations: limits.rootRotations,
        // The top level lists all targets.
        maxDelegations: 0,
        rootMaxLength: limits.rootBytes,
        timestampMaxLength: limits.timestampBytes,
        snapshotMaxLength: limits.snapshotBytes,
        targetsMaxLength: limits.targetsBytes,
      },
    })
  } catch (error) {
    throw rootUnusable(rootFile, error)
  }
}

async function readRoot(file: string): Promise<{ bytes: Buffer; version: number }> {
  try {
    const bytes = await readFile(file)
    return { bytes, version: signedPart(bytes).version }
  } catch (error) {
    throw rootUnusable(file, error)
  }
}

function rootUnusable(file: string, error: unknown) {
  const reason = error instanceof Error ? error.message : String(error)
  return updateErrors.error('SLIPWAY_UPDATE_ROOT_UNUSABLE', { file, reason }, error)
}

/** tuf-js keeps only the newest root that it accepted: the chain up to it is what was handed over. */
async function acceptedRoots(
  cache: MetadataCache,
  fetcher: MetadataFetcher,
  ownVersion: number,
): Promise<Roots> {
  const newest = signedPart(await cache.read('root.json')).version
  return new Map(
    [...fetcher.roots].filter(([version]) => version > ownVersion && version <= newest),
  )
}

/** What is read of metadata that tuf-js has verified. */
function signedPart(bytes: Buffer): { version: number; expires: string; signed_at?: string } {
  const { signed } = JSON.parse(bytes.toString('utf8'))
  return signed
}

/** tuf-js takes the clock's time when it is made, and has no option for another. */
function setReferenceTime(updater: Updater, now: Date): void {
  const store: unknown = Reflect.get(updater, 'trustedSet')
  if (typeof store !== 'object' || store === null || !('referenceTime' in store))
    throw new Error('this version of tuf-js keeps its time elsewhere')
  store.referenceTime = now
}
