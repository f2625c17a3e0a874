import type { EventLog } from '../events/event-log.ts'
import { endpointsOf } from '../networks/endpoint.ts'
import type { NetworkStore } from '../networks/store.ts'
import type { VolumeStore } from '../volumes/store.ts'
import type { Container } from './container.ts'
import { labelsOf } from './labels.ts'

export type AnnouncementsOptions = {
  readonly events: EventLog
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
}

/** Tells those who follow the events of the engine what happens to containers, in Docker's words. */
export class Announcements {
  readonly #options: AnnouncementsOptions

  constructor(options: AnnouncementsOptions) {
    this.#options = options
  }

  publish(container: Container, action: string, more: Readonly<Record<string, string>> = {}): void {
    const { id, name, spec } = container
    const attributes = { ...labelsOf(container), image: spec.image, name, ...more }
    this.#options.events.publish({ type: 'container', action, id, attributes })
  }

  /** Its volumes are in use, and it is on its networks. */
  started(container: Container): void {
    this.#publishVolumes(container, 'mount')
    this.#publishNetworks(container, 'connect')
    this.publish(container, 'start')
  }

  /** What it held is free. */
  freed(container: Container): void {
    this.#publishNetworks(container, 'disconnect')
    this.#publishVolumes(container, 'unmount')
  }

  #publishVolumes({ id, spec }: Container, action: 'mount' | 'unmount'): void {
    for (const { type, source, target, readOnly } of spec.mounts) {
      if (type !== 'volume') continue
      const how = { destination: target, propagation: '', 'read/write': String(!readOnly) }
      const more = action === 'mount' ? { container: id, ...how } : { container: id }
      this.#options.volumes.publish(source, action, more)
    }
  }

  #publishNetworks(container: Container, action: 'connect' | 'disconnect'): void {
    const { networks } = this.#options
    const mode = container.spec.namespaces?.network
    const whole = mode === 'host' || mode === 'none' ? [networks.require(mode)] : []
    const own = endpointsOf(container).flatMap(({ networkId }) => networks.get(networkId) ?? [])
    for (const network of [...whole, ...own])
      networks.publish(network, action, { container: container.id })
  }
}
