import type { RestartPolicy } from './spec.ts'

const firstDelayMs = 100
const longestDelayMs = 60_000
/** A run that lasted this long starts the back-off anew. */
const lastingRunMs = 10_000

/** How a run ended. */
export type Exit = {
  readonly exitCode: number
  readonly durationMs: number
  /** Restarts before this run. */
  readonly restartCount: number
  /** The delay before this run; 0 if it was no restart. */
  readonly backoffMs: number
}

/**
 * Docker's restart policies and back-off: 100 ms, doubled with each restart up to a minute, from
 * the beginning after a run of 10 seconds. The delay in milliseconds; undefined: leave it stopped.
 */
export function restartDelayMs(policy: RestartPolicy, exit: Exit): number | undefined {
  if (policy.name === 'no') return undefined
  if (policy.name === 'on-failure') {
    const { maximumRetryCount: most } = policy
    if (exit.exitCode === 0 || (most > 0 && exit.restartCount >= most)) return undefined
  }
  if (exit.backoffMs === 0 || exit.durationMs >= lastingRunMs) return firstDelayMs
  return Math.min(exit.backoffMs * 2, longestDelayMs)
}
