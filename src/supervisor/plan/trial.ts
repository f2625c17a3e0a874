import type { Container } from '../containers/container.ts'
import { healthPlan } from '../health/health.ts'

/** Whether a container may take the place of another. */
export type Trial =
  | { readonly verdict: 'untried' }
  /** `forMs`: it is well if it still runs then; absent when its health check says so. */
  | { readonly verdict: 'pending'; readonly forMs?: number }
  | { readonly verdict: 'good' }
  | { readonly verdict: 'bad'; readonly reason: string }

/** How long one without a health check has to run before it counts as well. */
export const defaultMonitorMs = 5_000

/** What is known of a container: as its health check says, or that it runs, or that its job is done. */
export function trialOf(
  container: Pick<Container, 'spec' | 'image' | 'state'>,
  bootId: string,
  monitorMs: number,
  nowMs: number,
): Trial {
  const { spec, state } = container
  if (state.bootId !== bootId) return { verdict: 'untried' }
  switch (state.status) {
    case 'created':
      return state.error === '' ? { verdict: 'untried' } : { verdict: 'bad', reason: state.error }
    case 'exited': {
      if (state.exitCode === 0 && ['no', 'on-failure'].includes(spec.restart.name))
        return { verdict: 'good' }
      const why = state.oomKilled ? ', out of memory' : ''
      return { verdict: 'bad', reason: `it ended with exit code ${state.exitCode}${why}` }
    }
    case 'running': {
      if (healthPlan(container) !== undefined) {
        if (state.health === 'healthy') return { verdict: 'good' }
        if (state.health === 'unhealthy') return { verdict: 'bad', reason: 'it is unhealthy' }
        return { verdict: 'pending' }
      }
      // A clock that was set back must not hold up a replacement for longer.
      const ranMs = Math.max(nowMs - Date.parse(state.startedAt ?? ''), 0)
      const forMs = monitorMs - ranMs
      return forMs > 0 ? { verdict: 'pending', forMs } : { verdict: 'good' }
    }
  }
}
