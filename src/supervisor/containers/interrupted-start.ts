import type { Container } from './container.ts'

/** Whether a container's start was under way when its record was written: one that failed would say why. */
export function isBeingStarted({ state }: Pick<Container, 'state'>): boolean {
  if (state.status !== 'created') return false
  return state.process !== undefined || (state.starts > 0 && state.error === '')
}

/**
 * A container whose start came to nothing, as it was before: what has run once has ended as it did then, so
 * that its restart policy goes on. A declared one is started again whatever it was.
 */
export function beforeItsStart(container: Container): Container {
  const { origin, state } = container
  const { process: _gone, ports: _free, ...before } = state
  if (origin.kind === 'declared' || state.finishedAt === undefined)
    return { ...container, state: before }
  // The delay tells a start by the policy, which was counted.
  const restartCount = Math.max(state.restartCount - (state.backoffMs > 0 ? 1 : 0), 0)
  return { ...container, state: { ...before, status: 'exited', restartCount } }
}
