import type { Container } from '../containers/container.ts'

/** By this label, set to `true`, a container is restarted when it has become unhealthy, whoever made it. */
export const restartWhenUnhealthyLabel = 'slipway.restart-when-unhealthy'

/** A container on trial is judged by its health instead. */
export function isRestartedWhenUnhealthy({ spec, origin }: Container): boolean {
  const onTrial = origin.kind === 'declared' && origin.successor === 'on-trial'
  return spec.labels[restartWhenUnhealthyLabel] === 'true' && !onTrial
}
