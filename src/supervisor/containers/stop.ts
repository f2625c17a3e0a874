import type { Container } from './container.ts'
import { defaultStopGraceMs } from './spec.ts'

/** The signal by which a container is told to end, as crun takes it. */
export function stopSignal({ spec, image }: Pick<Container, 'spec' | 'image'>): string {
  return spec.stopSignal ?? (image.config.StopSignal || 'SIGTERM')
}

/** How long it may take to end then, before it is killed. */
export function stopGraceMs({ spec }: Pick<Container, 'spec'>): number {
  return spec.stopGraceMs ?? defaultStopGraceMs
}
