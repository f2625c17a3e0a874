import { type CarriedOut, carryOut } from './carry-out.ts'
import type { AgentHost } from './host.ts'
import { failureOf, logError } from './log-error.ts'
import { look } from './look.ts'
import { answerOrder, forgetOldAnswers, type Order, waitingOrders } from './orders.ts'
import { rebootIntoStaged, settleReboot } from './reboot.ts'
import { renewBootLoader } from './renew-boot-loader.ts'
import { Session } from './session.ts'
import { nextWakeAtMs } from './wake-time.ts'
import { putRunningFirst } from './withdraw.ts'

/**
 * One turn of the agent: holds what is remembered against this boot, carries out what people asked for, looks for a
 * release when it is time, reboots when it may, and arranges the next turn. What fails on the way is remembered and told
 * to the journal.
 *
 * Throws what leaves nothing to go on with: what runs is unknown, or the state cannot be read or written; and the
 * signal's reason. One at a time.
 */
export async function takeTurn(host: AgentHost): Promise<void> {
  const session = await Session.open(host)
  await reinstateRunning(session)
  await renewBootLoader(session)
  await forgetOldAnswers(host.paths.run, host.now())
  const rebootsByHand = await carryOutOrders(session)
  if (rebootsByHand === 'back') {
    // Before the reboot: a system that goes down arranges nothing any more.
    await arrangeWake(session, session.nowMs + rebootPatienceMs)
    await host.reboot()
    return
  }
  const decision = await settleReboot(session, rebootsByHand === 'into-staged')
  if (decision.kind !== 'now') {
    await arrangeWake(session, decision.kind === 'at' ? decision.atMs : undefined)
    return
  }
  await arrangeWake(session, session.nowMs + rebootPatienceMs)
  await rebootIntoStaged(session, decision.reason)
}

/** A host that is still there then did not reboot. */
const rebootPatienceMs = 10 * 60 * 1000

/** Orders, and the look that is due; once more as long as orders came meanwhile. */
async function carryOutOrders(session: Session): Promise<'into-staged' | 'back' | undefined> {
  const { host } = session
  const { run } = host.paths
  const waiting = () => waitingOrders(run, (error) => logError(host.log, error, 'warning'))
  let reboot: 'into-staged' | undefined
  // A download that was cut goes on at once.
  let isDue = session.before.phase.kind === 'downloading' && session.state.phase.kind === 'idle'
  let orders = await waiting()
  do {
    for (const { id, order } of orders) {
      const done = await carryOutOrAnswer(session, id, order)
      await answerOrder(id, done.answer, run)
      if (done.reboot === 'back') return 'back'
      reboot = done.reboot ?? reboot
    }
    const checkAtMs = await session.checkAtMs()
    if (checkAtMs !== undefined && (isDue || checkAtMs <= session.nowMs)) await look(session)
    isDue = false
    orders = await waiting()
  } while (orders.length > 0)
  return reboot
}

/** What ends the turn, such as a disk without space, is told to who gave the order, too. */
async function carryOutOrAnswer(session: Session, id: string, order: Order): Promise<CarriedOut> {
  const { host } = session
  try {
    return await carryOut(session, order)
  } catch (error) {
    if (!host.signal.aborted)
      await answerOrder(id, { ok: false, ...failureOf(error) }, host.paths.run)
    throw error
  }
}

/**
 * What runs was put last in the boot order, so that the host goes back; but it still runs, or runs again since the older
 * release did not come up: it is what shall be booted.
 */
async function reinstateRunning(session: Session): Promise<void> {
  if (session.state.phase.kind === 'idle') await putRunningFirst(session)
}

async function arrangeWake(session: Session, rebootAtMs: number | undefined): Promise<void> {
  const { host, memory, nowMs, facts } = session
  const checkAtMs = await session.checkAtMs()
  const wakeAtMs = nextWakeAtMs(
    { checkAtMs, rebootAtMs, unlockAtMs: memory.unlockAtMs, onTrial: facts.onTrial },
    nowMs,
  )
  await session.remember({ wakeAtMs })
  if (wakeAtMs !== undefined) await host.wakeIn(wakeAtMs - nowMs)
}
