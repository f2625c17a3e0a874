import type { ContainerMount } from '../../containers/spec.ts'

export function volumeMount(source: string, target: string): ContainerMount {
  return { type: 'volume', source, target, readOnly: false, propagation: 'rprivate' }
}
