import type { SlipwayError } from '../../errors/error.ts'
import type { LockAnswer } from '../lock/answer.ts'
import type { UpdateState } from '../state/state.ts'
import type { LockState, RebootDecision } from './decide-reboot.ts'

/** A host that waits for its turn asks every one to two minutes, so that a slot is not free for long. */
const retryMs = 60 * 1000

/**
 * What a host knows after it asked for the lock: the server's answer, or why there was none. Times are
 * milliseconds since 1970; `random` gives numbers from 0 to 1.
 */
export function lockStateAfter(
  outcome: LockAnswer | SlipwayError,
  nowMs: number,
  random: () => number,
): LockState {
  if (outcome instanceof Error) return refused(outcome.message, nowMs, random)
  if (outcome.kind === 'granted') return { kind: 'granted' }
  return refused(`${outcome.reason} (${outcome.errorKind})`, nowMs, random)
}

/**
 * Whether the lock server must be told that this host does not reboot: it may count it as rebooting, and neither is a
 * reboot under way nor does the next one come now.
 */
export function unlockIsDue(state: UpdateState, reboot: RebootDecision): boolean {
  if (!state.lockMayBeHeld) return false
  switch (state.phase.kind) {
    case 'idle':
    case 'downloading':
      return true
    case 'staged':
      return reboot.kind === 'never' || reboot.kind === 'at'
    case 'rebooting':
    case 'trying':
    case 'returning':
      return false
  }
}

function refused(reason: string, nowMs: number, random: () => number): LockState {
  return { kind: 'refused', reason, retryAtMs: Math.round(nowMs + retryMs * (1 + random())) }
}
