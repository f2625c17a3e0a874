import { afterStart } from './after-start.ts'
import { eventPhases, type UpdateEvent } from './event.ts'
import { type Limits, standardLimits, toIdle } from './outcome.ts'
import type { Phase, UpdateState } from './state.ts'

/**
 * The state after an event: the state machine of docs/update-state-machine.md. Throws a TypeError for an event
 * that cannot come in this phase.
 */
export function advance(
  state: UpdateState,
  event: UpdateEvent,
  limits: Limits = standardLimits,
): UpdateState {
  const { phase } = state
  const allowed = eventPhases[event.kind]
  const misplaced = () => new TypeError(`the event ${event.kind} cannot come while ${phase.kind}`)
  if (allowed !== 'any' && !allowed.includes(phase.kind)) throw misplaced()
  switch (event.kind) {
    case 'checked':
      return {
        ...state,
        lastCheck: event.result,
        nextCheckAt: event.nextCheckAt,
        checkFailures: event.result.ok ? 0 : state.checkFailures + 1,
      }
    case 'download-started': {
      const { at, from, version, byHand } = event
      return withPhase(state, { kind: 'downloading', from, version, since: at, byHand })
    }
    case 'agent-started':
      return afterStart(state, event, limits)
    case 'return-started': {
      const { at, from, version, bootId, reason } = event
      const attempt = { from, version, since: at, byHand: true }
      return withPhase(state, { kind: 'returning', bootId, reason, ...attempt })
    }
    case 'held':
      return { ...state, hold: event.hold }
    case 'hold-ended': {
      const { hold: _, ...rest } = state
      return rest
    }
    case 'pinned':
      return { ...state, pin: event.pin }
    case 'pin-ended': {
      const { pin: _, ...rest } = state
      return rest
    }
    case 'lock-asked':
      return { ...state, lockMayBeHeld: true }
    case 'lock-released':
      return { ...state, lockMayBeHeld: false }
    default:
      return advanceAttempt(state, event, limits, misplaced)
  }
}

type AttemptEvent = Extract<
  UpdateEvent,
  {
    kind: 'download-failed' | 'staged' | 'dropped' | 'reboot-started' | 'unhealthy' | 'blessed'
  }
>

function advanceAttempt(
  state: UpdateState,
  event: AttemptEvent,
  limits: Limits,
  misplaced: () => TypeError,
): UpdateState {
  const { phase } = state
  if (phase.kind === 'idle') throw misplaced()
  const { from, version, since, byHand } = phase
  const attempt = { from, version, since, byHand }
  switch (event.kind) {
    case 'download-failed':
      return toIdle(state, 'failed', event.at, limits, event.reason)
    case 'staged':
      return withPhase(state, { kind: 'staged', bootId: event.bootId, ...attempt, since: event.at })
    case 'dropped':
      return toIdle(state, 'dropped', event.at, limits, event.reason)
    case 'reboot-started':
      if (phase.kind !== 'staged') throw misplaced()
      return withPhase(state, { kind: 'rebooting', bootId: phase.bootId, ...attempt })
    case 'unhealthy': {
      if (phase.kind !== 'trying') throw misplaced()
      const { at, check, reason } = event
      // The first one is what the others follow from.
      return withPhase(state, { ...phase, failure: phase.failure ?? { at, check, reason } })
    }
    case 'blessed':
      return toIdle(state, 'updated', event.at, limits)
  }
}

function withPhase(state: UpdateState, phase: Phase): UpdateState {
  return { ...state, phase }
}
