import type { Container } from './container.ts'
import { isBeingStarted, isByPolicy } from './interrupted-start.ts'
import { restartDelayMs } from './restart-policy.ts'
import type { RestartPolicy } from './spec.ts'

const always: RestartPolicy = { name: 'always', maximumRetryCount: 0 }

/** The back-off that the restart policy wants for a container that ended; undefined for no restart. */
export function nextDelayMs({
  spec,
  state,
}: Pick<Container, 'spec' | 'state'>): number | undefined {
  if (state.stopped === true || state.setAside === true) return undefined
  return restartDelayMs(state.unhealthy === true ? always : spec.restart, {
    exitCode: state.exitCode,
    durationMs: ranForMs(state),
    restartCount: state.restartCount,
    backoffMs: state.backoffMs,
  })
}

/** How much of the back-off is left for a container that ended; undefined for no restart. */
export function restartInMs(container: Pick<Container, 'spec' | 'state'>): number | undefined {
  const delayMs = nextDelayMs(container)
  const { finishedAt } = container.state
  if (delayMs === undefined || finishedAt === undefined) return undefined
  // A clock that was set back must not hold up a restart.
  const waitedMs = Date.now() - Date.parse(finishedAt)
  return waitedMs < 0 ? 0 : Math.max(delayMs - waitedMs, 0)
}

/** It ended, and its restart policy will start it again, or is at it. */
export function isRestarting(container: Pick<Container, 'spec' | 'state'>): boolean {
  if (isBeingStarted(container)) return isByPolicy(container)
  return container.state.status === 'exited' && nextDelayMs(container) !== undefined
}

/** How long the last run was. */
export function ranForMs({ startedAt, finishedAt }: Container['state']): number {
  const durationMs = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')
  return Number.isFinite(durationMs) ? Math.max(durationMs, 0) : 0
}
