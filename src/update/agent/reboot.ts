import { isSlipwayError } from '../../errors/error.ts'
import type { LockAnswer } from '../lock/answer.ts'
import { fleetLockClient, releaseLock, requestLock } from '../lock/fleet-lock.ts'
import { hostLockId } from '../lock/machine-id.ts'
import { decideReboot, type LockState, type RebootDecision } from '../plan/decide-reboot.ts'
import { lockStateAfter, unlockIsDue } from '../plan/lock.ts'
import type { LockSettings } from '../settings/settings.ts'
import { keepBaseline } from './keep-baseline.ts'
import { logError } from './log-error.ts'
import type { Session } from './session.ts'

/** A lock server that does not take the lock back now is told again then. */
const unlockRetryMs = 5 * 60 * 1000

/**
 * Decides whether to reboot into the release that waits; asks the lock server for it, and gives the lock back when no
 * reboot comes. Whatever fails is told to the journal, and the next turn tries again.
 */
export async function settleReboot(session: Session, byHand: boolean): Promise<RebootDecision> {
  let decision = decide(session, byHand, session.memory.lock ?? { kind: 'unasked' })
  if (decision.kind === 'lock') {
    const lock = await askForLock(session)
    await session.remember({ lock: lock.kind === 'refused' ? lock : undefined })
    decision = decide(session, byHand, lock)
  }
  if (unlockIsDue(session.state, decision) && !session.facts.onTrial) await unlock(session)
  await session.remember({
    reboot: session.state.phase.kind === 'staged' ? decision.reason : undefined,
  })
  return decision
}

/** Asks for the reboot; the state says so before. */
export async function rebootIntoStaged(session: Session, reason: string): Promise<void> {
  session.host.log('notice', `The host reboots: ${reason}`)
  await keepBaseline(session)
  await session.advance({ kind: 'reboot-started' })
  await session.host.reboot()
}

function decide(session: Session, byHand: boolean, lock: LockState): RebootDecision {
  const { state, enabled, nowMs } = session
  const { phase, hold } = state
  return decideReboot({
    ...(phase.kind === 'staged' && { staged: phase.version }),
    ...(hold !== undefined && { hold }),
    // Without settings nobody said that the host may reboot by itself.
    strategy: enabled?.strategy ?? 'manual',
    windows: enabled?.windows ?? [],
    lock,
    byHand,
    nowMs,
  })
}

async function askForLock(session: Session): Promise<LockState> {
  const { host, enabled } = session
  if (enabled?.lock === undefined) throw new TypeError('the strategy lock has no lock server')
  // Before the server is asked: its answer may be lost.
  if (!session.state.lockMayBeHeld) await session.advance({ kind: 'lock-asked' })
  try {
    const answer = await requestLock(await clientOf(session, enabled.lock))
    const lock = lockStateAfter(answer, session.nowMs, host.random)
    if (lock.kind === 'refused') host.log('info', `The lock server refuses: ${lock.reason}`)
    return lock
  } catch (error) {
    host.signal.throwIfAborted()
    if (!isSlipwayError(error)) throw error
    logError(host.log, error, 'warning')
    return lockStateAfter(error, session.nowMs, host.random)
  }
}

async function unlock(session: Session): Promise<void> {
  const { enabled, host, memory, nowMs } = session
  if (enabled?.lock === undefined || (memory.unlockAtMs ?? 0) > nowMs) return
  const refusal = await tryUnlock(session, enabled.lock)
  if (refusal === undefined) {
    await session.advance({ kind: 'lock-released' })
    await session.remember({ unlockAtMs: undefined })
    return
  }
  host.log('warning', `The lock server does not take the lock back: ${refusal}`)
  await session.remember({ unlockAtMs: nowMs + unlockRetryMs })
}

/** Gives why the lock was not taken back. */
async function tryUnlock(session: Session, settings: LockSettings): Promise<string | undefined> {
  try {
    const answer: LockAnswer = await releaseLock(await clientOf(session, settings))
    return answer.kind === 'granted' ? undefined : `${answer.reason} (${answer.errorKind})`
  } catch (error) {
    session.host.signal.throwIfAborted()
    if (!isSlipwayError(error)) throw error
    return `${error.message} [${error.code}]`
  }
}

async function clientOf({ host }: Session, settings: LockSettings) {
  const client = await fleetLockClient(settings, await hostLockId(host.paths.machineId))
  return { ...client, signal: host.signal }
}
