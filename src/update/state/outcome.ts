import type { BadRelease, PastUpdate, UpdateState } from './state.ts'

/** How much is remembered. */
export type Limits = { readonly history: number; readonly badReleases: number }

/** A channel has no more releases worth remembering as bad. */
export const standardLimits: Limits = { history: 20, badReleases: 100 }

/** The end of the phase's attempt, remembered; a release that was taken by hand and holds is bad no more. */
export function toIdle(
  state: UpdateState,
  result: PastUpdate['result'],
  at: string,
  limits: Limits,
  reason?: string,
): UpdateState {
  if (state.phase.kind === 'idle') return state
  const { from, version } = state.phase
  const past: PastUpdate = { from, version, at, result, ...(reason !== undefined && { reason }) }
  return {
    ...state,
    phase: { kind: 'idle' },
    badReleases:
      result === 'updated'
        ? state.badReleases.filter((bad) => bad.version !== version)
        : state.badReleases,
    history: [...withoutRepetition(state.history, past), past].slice(-limits.history),
  }
}

/** A download that fails each hour counts once, or it would drive everything else out. */
function withoutRepetition(history: readonly PastUpdate[], past: PastUpdate) {
  const last = history.at(-1)
  const repeats =
    past.result === 'failed' && last?.result === 'failed' && last.version === past.version
  return repeats ? history.slice(0, -1) : history
}

/** The host is back on the old release: the new one is bad from now on. */
export function rolledBack(
  state: UpdateState,
  at: string,
  limits: Limits,
  { reason, check }: { readonly reason: string; readonly check?: string },
): UpdateState {
  if (state.phase.kind === 'idle') return state
  const { version } = state.phase
  const told = check === undefined ? reason : `${check}: ${reason}`
  const idle = toIdle(state, 'rolled-back', at, limits, told)
  return markBad(idle, { version, at, reason, ...(check !== undefined && { check }) }, limits)
}

/** The host is back on an older release because somebody asked for it. */
export function returned(
  state: UpdateState,
  at: string,
  limits: Limits,
  reason: string,
): UpdateState {
  if (state.phase.kind === 'idle') return state
  const { from } = state.phase
  return markBad(
    toIdle(state, 'returned', at, limits, reason),
    { version: from, at, reason },
    limits,
  )
}

function markBad(state: UpdateState, bad: BadRelease, limits: Limits): UpdateState {
  const others = state.badReleases.filter(({ version }) => version !== bad.version)
  return { ...state, badReleases: [...others, bad].slice(-limits.badReleases) }
}
