import { slotUuids } from '../../disk/identifiers.ts'
import { isSlipwayError } from '../../errors/error.ts'
import { updateAgentErrors } from '../../errors/update-agent.ts'
import { type BootEntry, listEntries, runningEntries } from '../esp/entries.ts'
import { entryState } from '../esp/entry-name.ts'
import { giveTries, markEntryBad } from '../esp/remove-entry.ts'
import type { Layout } from '../slot/layout.ts'
import { readBackRootHash } from '../slot/verity.ts'
import type { Session } from './session.ts'

/**
 * Lets the next boot be into the release before: it gets tries as a new one does, and what runs is put last, which is
 * what the host comes back to should the older one not come up. Gives the older version; the reboot is the caller's.
 *
 * Throws SLIPWAY_UPDATE_NO_WAY_BACK, and what discovery and the ESP throw.
 */
export async function goBack(session: Session, reason: string): Promise<string> {
  const { state, facts, running, host } = session
  const { phase } = state
  if (phase.kind === 'staged')
    throw noWay(
      `the other slot has ${phase.version}, which waits for a reboot. Not to boot it, pin the host to what runs: slipctl update pin ${running.version}`,
    )
  const { rootHash, layout, esp } = await host.discover()
  const entries = await listEntries(esp)
  const { entry, version } = await olderRelease(entries, rootHash, layout, host.signal)
  await session.advance({
    kind: 'return-started',
    at: session.at,
    from: running.version,
    version,
    bootId: facts.bootId,
    reason,
  })
  await giveTries(entry, session.enabled?.tries)
  for (const own of runningEntries(entries, rootHash)) await markEntryBad(own)
  host.log('notice', `The host goes back from ${running.version} to ${version}: ${reason}`)
  return version
}

/** The other slot's release, read back from the disk: a slot that went bad is no way back. */
async function olderRelease(
  entries: readonly BootEntry[],
  runningRootHash: string,
  { free }: Layout,
  signal: AbortSignal,
): Promise<{ entry: BootEntry; version: string }> {
  const others = entries.filter(
    ({ rootHash }) => rootHash !== undefined && rootHash !== runningRootHash,
  )
  const found = others.find(({ rootHash }) => {
    const uuids = slotUuids(rootHash ?? '')
    return uuids.data === free.usr.uuid && uuids.verity === free.verity.uuid
  })
  if (found?.name === undefined) throw noWay('the other slot has no release with a boot entry')
  const { name, rootHash } = found
  if (entryState(name) === 'bad')
    throw noWay(`${name.version}, in the other slot, did not come up when it was tried`)
  const { usr, verity } = free
  const actual = await readBackRootHash(usr.extent, verity.extent, usr.node, signal).catch(
    (error: unknown) => {
      if (isSlipwayError(error)) throw noWay(error.message, error)
      throw error
    },
  )
  if (actual !== rootHash)
    throw noWay(`${name.version}, in the other slot, is damaged: its root hash is ${actual}`)
  return { entry: found, version: name.version }
}

function noWay(reason: string, cause?: unknown): Error {
  return updateAgentErrors.error('SLIPWAY_UPDATE_NO_WAY_BACK', { reason }, cause)
}
