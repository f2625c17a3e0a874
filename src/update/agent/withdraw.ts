import { listEntries, runningEntries } from '../esp/entries.ts'
import { withdrawUki } from '../esp/install-uki.ts'
import { markEntryGood } from '../esp/remove-entry.ts'
import type { Session } from './session.ts'

/** Takes the release that waits for a reboot out of the ESP again. */
export async function withdraw(session: Session, reason: string): Promise<void> {
  const { phase } = session.state
  if (phase.kind !== 'staged') throw new TypeError(`nothing waits while ${phase.kind}`)
  await putRunningFirst(session)
  await withdrawUki({ directory: session.host.paths.boot }, phase.version, session.rootHash)
  await session.advance({ kind: 'dropped', at: session.at, reason })
  session.host.log('notice', reason)
}

/** What runs was put last in the boot order, for an older release; it is the one to boot again. */
export async function putRunningFirst({ host, facts, rootHash }: Session): Promise<void> {
  if (facts.onTrial) return
  const entries = await listEntries({ directory: host.paths.boot })
  for (const entry of runningEntries(entries, rootHash)) await markEntryGood(entry)
}
