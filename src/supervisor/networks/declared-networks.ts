import { createHash } from 'node:crypto'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { some } from '../../json/some.ts'
import type { Project, Service, ServiceNetwork } from '../compose/service.ts'
import { Serial } from '../serial.ts'
import type { EndpointRequest } from './endpoint.ts'
import { defaultBridge, type Network } from './network.ts'
import type { Networking } from './networking.ts'
import type { NetworkStore } from './store.ts'

export type DeclaredNetworksOptions = {
  readonly networks: NetworkStore
  readonly networking: Networking
}

/** Makes the networks that Compose files declare, and removes them when nothing declares them any more. */
export class DeclaredNetworks {
  readonly #options: DeclaredNetworksOptions
  /** Services of a project begin at once, and would all make its network. */
  readonly #turns = new Serial()

  constructor(options: DeclaredNetworksOptions) {
    this.#options = options
  }

  /**
   * Where a service's container is to be, on networks that are as declared. Throws
   * SLIPWAY_SUPERVISOR_NETWORK_NAME_IN_USE, SLIPWAY_ENGINE_NO_SUCH_NETWORK for an external one, and
   * SLIPWAY_ENGINE_NETWORK_ACTIVE while containers are on a network that was declared otherwise.
   */
  async placesOf({ project, networks, namespaces }: Service): Promise<EndpointRequest[]> {
    if (networks === undefined)
      return (namespaces?.network ?? 'bridge') === 'bridge'
        ? [{ network: defaultBridge, aliases: [], chosen: {} }]
        : []
    return await this.#turns.run(async () => {
      const places: EndpointRequest[] = []
      for (const wanted of networks) {
        const { aliases, ipv4, ipv6, mac } = wanted
        const chosen = { ...some('ipv4', ipv4), ...some('ipv6', ipv6), ...some('mac', mac) }
        places.push({ network: await this.#network(project, wanted), aliases, chosen })
      }
      return places
    })
  }

  /** Removes those that no project declares and no container has. */
  async removeOthers(projects: readonly Project[]): Promise<void> {
    const { networks, networking } = this.#options
    await this.#turns.run(async () => {
      const declared = new Set(
        projects.flatMap(({ services }) =>
          services.flatMap(({ networks: places = [] }) => places.map(({ name }) => name)),
        ),
      )
      for (const network of networks.all)
        if (
          network.definition !== undefined &&
          !declared.has(network.name) &&
          networking.membersOf(network).length === 0
        )
          await networking.remove(network)
    })
  }

  async #network(project: string, { name, definition }: ServiceNetwork): Promise<Network> {
    const { networks, networking } = this.#options
    const present = networks.all.find((network) => network.name === name)
    if (definition === undefined) return networks.require(name)
    const digest = createHash('sha256').update(JSON.stringify(definition)).digest('hex')
    if (present?.definition === digest) return present
    if (present !== undefined) {
      if (present.definition === undefined)
        throw supervisorErrors.error('SLIPWAY_SUPERVISOR_NETWORK_NAME_IN_USE', { name })
      await networking.remove(present)
    }
    const { labels, ...rest } = definition
    return await networking.create({
      ...rest,
      name,
      attachable: false,
      options: {},
      definition: digest,
      labels: { ...labels, 'com.docker.compose.project': project },
    })
  }
}
