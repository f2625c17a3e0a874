import { hostname } from 'node:os'
import type { Log } from '../../journal/log.ts'
import type { Container } from '../containers/container.ts'
import type { EventLog } from '../events/event-log.ts'
import type { Network } from '../networks/network.ts'
import type { Backend } from './backend.ts'
import { ConsulBackend } from './consul/backend.ts'
import { Discovery } from './discovery.ts'
import { EtcdBackend } from './etcd/backend.ts'
import { hostAddress } from './host-address.ts'
import type { Service } from './service.ts'
import { servicesOf } from './services-of.ts'
import type { DiscoverySettings } from './settings.ts'

export type HostServicesOptions = {
  readonly containers: () => readonly Container[]
  readonly networks: () => readonly Network[]
  readonly events: EventLog
  readonly log: Log
  /** Absent: services are known on this host alone. */
  readonly settings: DiscoverySettings | undefined
}

/** The services of this host, and that a backend knows them if the settings name one. */
export class HostServices {
  readonly #options: HostServicesOptions
  readonly #host: string
  readonly #backend: Backend | undefined
  readonly #discovery: Discovery | undefined
  readonly #ending = new AbortController()

  constructor(options: HostServicesOptions) {
    const { settings, events, log } = options
    this.#options = options
    this.#host = settings?.host ?? hostname()
    if (settings === undefined) return
    const { kind } = settings
    const backend =
      kind === 'etcd'
        ? new EtcdBackend(settings, this.#host)
        : new ConsulBackend(settings, this.#host)
    const discovery = new Discovery({ backend, services: () => this.all(), log })
    this.#backend = backend
    this.#discovery = discovery
    // Whatever happens to containers and networks may be about services; commands in them are not.
    events.listen(({ type, action }) => {
      if ((type === 'container' && !action.startsWith('exec_')) || type === 'network')
        discovery.poke()
    }, this.#ending.signal)
  }

  /** What containers offer now, by name. */
  async all(): Promise<readonly Service[]> {
    const { containers, networks, settings } = this.#options
    const bridges = networks().map(({ interfaceName }) => interfaceName)
    const host = {
      name: this.#host,
      address: settings?.advertise ?? (await hostAddress(bridges)),
      explicit: settings?.explicit === true,
    }
    return containers()
      .flatMap((container) => servicesOf(container, host))
      .toSorted((a, b) => (`${a.name} ${a.id}` < `${b.name} ${b.id}` ? -1 : 1))
  }

  /** Where services are made known, and what is wrong with it; undefined for nowhere. */
  get backend(): { readonly title: string; readonly problem: string | undefined } | undefined {
    if (this.#backend === undefined) return undefined
    return { title: this.#backend.title, problem: this.#discovery?.problem }
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#discovery?.close()
  }
}
