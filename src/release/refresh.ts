import { join } from 'node:path'
import { acquireLock } from '../pipeline/lock.ts'
import { explainSystemError } from '../pipeline/system-error.ts'
import { type KeyPlaces, readOwnRoots } from './key-directory.ts'
import type { Lifetimes } from './lifetimes.ts'
import { Placement } from './place.ts'
import { requireRepository } from './repository.ts'
import { type Revision, signRevision, writeRevision } from './revision.ts'
import type { RoleName } from './roles.ts'

export type RefreshRequest = {
  readonly repository: string
  readonly places: KeyPlaces
  readonly lifetimes: Lifetimes
  readonly now: Date
  readonly signal: AbortSignal
}

export type RefreshResult = {
  /** The roles that were signed anew; `root` if the repository has got new roots. */
  readonly signed: readonly RoleName[]
  /** When the new timestamp expires. */
  readonly expires: string
  /** Metadata that expires soon, and that only other keys can sign anew. */
  readonly waiting: Revision['waiting']
}

/**
 * Signs the timestamp anew, and whatever else expires soon or is not accepted by the newest root. The
 * timestamp's key is enough as long as nothing else is due.
 *
 * @throws SLIPWAY_RELEASE_REPOSITORY_MISSING, SLIPWAY_RELEASE_REPOSITORY_DAMAGED, and as `signRevision`
 */
export async function refreshRepository(request: RefreshRequest): Promise<RefreshResult> {
  const { repository, places, signal } = request
  const { chain } = await readOwnRoots(places.directory, '--keys')
  await requireRepository(repository, chain)
  try {
    const lock = await acquireLock(join(repository, '.lock'), signal)
    try {
      const state = await requireRepository(repository, chain)
      const revision = await signRevision({
        ...request,
        state,
        changed: [],
        removed: [],
        freshTimestamp: true,
      })
      const placement = await Placement.begin(repository)
      try {
        await writeRevision(placement, repository, revision, false)
      } finally {
        await placement.end()
      }
      return resultOf(revision)
    } finally {
      await lock.release()
    }
  } catch (error) {
    throw explainSystemError(error, repository, 'Refresh the repository')
  }
}

function resultOf({ newRoots, targets, snapshot, timestamp, waiting }: Revision): RefreshResult {
  return {
    signed: [
      ...(newRoots.length > 0 ? (['root'] as const) : []),
      ...(targets ? (['targets'] as const) : []),
      ...(snapshot ? (['snapshot'] as const) : []),
      ...(timestamp ? (['timestamp'] as const) : []),
    ],
    expires: timestamp?.signed.expires ?? '',
    waiting,
  }
}
