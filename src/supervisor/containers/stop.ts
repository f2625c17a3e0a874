import { defaultStopGraceMs } from '../compose/service.ts'
import type { Container } from './container.ts'

/** The signal by which a container is told to end, as crun takes it. */
export function stopSignal({ service, image }: Pick<Container, 'service' | 'image'>): string {
  return service.stopSignal ?? (image.config.StopSignal || 'SIGTERM')
}

/** How long it may take to end then, before it is killed. */
export function stopGraceMs({ service }: Pick<Container, 'service'>): number {
  return service.stopGracePeriodMs ?? defaultStopGraceMs
}
