import type { Container } from './container.ts'

/** Whether a container's start was under way when its record was written: one that failed would say why. */
export function isBeingStarted({ state }: Pick<Container, 'state'>): boolean {
  if (state.status !== 'created') return false
  return state.process !== undefined || (state.starts > 0 && state.error === '')
}

/** Whether its restart policy, and nobody else, asked for the start: the delay tells. */
export function isByPolicy({ state }: Pick<Container, 'state'>): boolean {
  return state.backoffMs > 0
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
  const restartCount = Math.max(state.restartCount - (isByPolicy(container) ? 1 : 0), 0)
  return { ...container, state: { ...before, status: 'exited', restartCount } }
}
