import type { BootFacts } from './event.ts'
import { type Limits, returned, rolledBack, toIdle } from './outcome.ts'
import type { Attempt, Phase, UpdateState } from './state.ts'

/**
 * The state after the agent's start: what was remembered is held against what runs and what the ESP has, since the
 * power may have gone at any moment in between.
 */
export function afterStart(state: UpdateState, facts: BootFacts, limits: Limits): UpdateState {
  const { phase } = state
  if (phase.kind === 'idle') return state
  if (phase.kind === 'returning') return afterReturn(state, phase, facts, limits)
  if (facts.running === phase.version) return afterArrival(state, phase, facts, limits)
  if (phase.kind === 'downloading') return afterCut(state, phase, facts, limits)
  // The agent alone was started again; a reboot that was begun did not happen.
  if (facts.bootId === phase.bootId)
    return facts.entry === undefined
      ? toIdle(state, 'dropped', facts.at, limits, entryGone)
      : staged(state, phase, facts)
  return afterAbsence(state, phase, facts, limits)
}

type UpdatePhase = Exclude<Phase, { kind: 'idle' } | { kind: 'returning' }>

/** The new release runs. */
function afterArrival(
  state: UpdateState,
  phase: UpdatePhase,
  facts: BootFacts,
  limits: Limits,
): UpdateState {
  if (!facts.onTrial) return toIdle(state, 'updated', facts.at, limits)
  const { bootId } = facts
  if (phase.kind !== 'trying')
    return { ...state, phase: { kind: 'trying', bootId, tries: 1, ...attemptOf(phase) } }
  const tries = phase.tries + (bootId === phase.bootId ? 0 : 1)
  return { ...state, phase: { ...phase, bootId, tries } }
}

/** The power may have gone between the commit in the ESP and its note here. */
function afterCut(
  state: UpdateState,
  phase: Extract<Phase, { kind: 'downloading' }>,
  facts: BootFacts,
  limits: Limits,
): UpdateState {
  const triesLeft = facts.entry?.triesLeft
  // A blessed entry is not of this download: it was there before.
  if (triesLeft === undefined || triesLeft === 'blessed')
    return { ...state, phase: { kind: 'idle' } }
  if (triesLeft > 0) return staged(state, phase, facts)
  return rolledBack(state, facts.at, limits, { reason: silence(phase) })
}

/** There was a boot, and it was not into the new release. */
function afterAbsence(
  state: UpdateState,
  phase: Exclude<UpdatePhase, { kind: 'downloading' }>,
  facts: BootFacts,
  limits: Limits,
): UpdateState {
  const failure = phase.kind === 'trying' ? phase.failure : undefined
  // A power cut can take an entry that is being renamed, and whatever failed would have left it there.
  if (facts.entry === undefined && failure === undefined)
    return toIdle(state, 'dropped', facts.at, limits, entryGone)
  const triesLeft = facts.entry?.triesLeft ?? 0
  // Somebody chose the older one in the boot menu: nothing is known against the new one.
  if (triesLeft === 'blessed') return toIdle(state, 'updated', facts.at, limits)
  if (triesLeft > 0) return staged(state, phase, facts)
  return rolledBack(state, facts.at, limits, failure ?? { reason: silence(phase) })
}

const entryGone = 'its boot entry is gone'

function silence(phase: UpdatePhase): string {
  return phase.kind === 'trying'
    ? 'it started, but did not stay up until its checks were through'
    : 'it did not start: every try ended before this agent ran'
}

function afterReturn(
  state: UpdateState,
  phase: Extract<Phase, { kind: 'returning' }>,
  facts: BootFacts,
  limits: Limits,
): UpdateState {
  return facts.running === phase.version
    ? returned(state, facts.at, limits, phase.reason)
    : toIdle(state, 'failed', facts.at, limits, `the host still runs ${facts.running}`)
}

function staged(state: UpdateState, phase: UpdatePhase, { bootId }: BootFacts): UpdateState {
  return { ...state, phase: { kind: 'staged', bootId, ...attemptOf(phase) } }
}

function attemptOf({ from, version, since, byHand }: Attempt): Attempt {
  return { from, version, since, byHand }
}
