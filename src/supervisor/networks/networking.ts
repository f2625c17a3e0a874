import { readFile } from 'node:fs/promises'
import { engineErrors } from '../../errors/engine.ts'
import type { Container } from '../containers/container.ts'
import type { Lifecycle } from '../containers/lifecycle.ts'
import type { ContainerStore } from '../containers/store.ts'
import { ownsNetwork } from '../runtime/namespaces.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { publishedPorts } from './bridge.ts'
import { type Cidr, parseCidr } from './cidr.ts'
import {
  type EndpointRequest,
  endpointsOf,
  haveSameAddress,
  networkRecord,
  withPublisher,
} from './endpoint.ts'
import { applyFirewall } from './firewall.ts'
import { isolatePorts } from './isolation.ts'
import { isPredefined, isReservedName, type Network } from './network.ts'
import { type NetworkStore, newNetworkId } from './store.ts'
import { hostRoutes, type SubnetRequest, subnetsOf } from './subnets.ts'

/** What is asked for of a new network. */
export type NetworkRequest = Pick<
  Network,
  'name' | 'internal' | 'ipv6' | 'attachable' | 'labels' | 'options'
> & {
  readonly ipamOptions?: Readonly<Record<string, string>>
  readonly subnets: readonly SubnetRequest[]
  readonly definition?: string
}

export type NetworkingOptions = {
  readonly networks: NetworkStore
  readonly store: ContainerStore
  readonly lifecycle: Lifecycle
  readonly runtime: Runtime
}

/** Makes and removes networks, and puts containers on them while they run. */
export class Networking {
  readonly #options: NetworkingOptions

  constructor(options: NetworkingOptions) {
    this.#options = options
  }

  /** Throws the errors of SLIPWAY_ENGINE_NETWORK_* and SLIPWAY_ENGINE_SUBNET_OVERLAPS. */
  async create(request: NetworkRequest): Promise<Network> {
    const { networks } = this.#options
    const { name, subnets, ...rest } = request
    if (isReservedName(name))
      throw forbidden(`operation is not permitted on predefined ${name} network`)
    return await networks.alone(async () => {
      if (networks.all.some((network) => network.name === name))
        throw engineErrors.error('SLIPWAY_ENGINE_NETWORK_EXISTS', { name })
      const used = [...networks.all.flatMap(blocksOf), ...(await hostRoutes())]
      const id = newNetworkId()
      const network: Network = {
        ...rest,
        id,
        name,
        createdAt: new Date().toISOString(),
        driver: 'bridge',
        interfaceName: await this.#interfaceName(request, id),
        subnets: subnetsOf(request, used),
        subnetsChosen: subnets.length > 0,
        names: true,
      }
      // Before anything of it is there.
      await applyFirewall([...networks.all, network])
      return await networks.add(network)
    })
  }

  /**
   * Removes a network that no container runs on. Throws SLIPWAY_ENGINE_NETWORK_PREDEFINED,
   * SLIPWAY_ENGINE_NETWORK_ACTIVE.
   */
  async remove(network: Network): Promise<void> {
    const { networks, lifecycle, runtime } = this.#options
    const { id, name } = network
    if (isPredefined(network))
      throw engineErrors.error('SLIPWAY_ENGINE_NETWORK_PREDEFINED', { name })
    // One that ends at this moment begins to leave it.
    for (const container of this.membersOf(network)) await lifecycle.settled(container.id)
    await networks.alone(async () => {
      // Those of a declared one would not start again.
      const users =
        network.definition === undefined ? this.usersOf(network) : this.membersOf(network)
      if (users.length > 0) throw engineErrors.error('SLIPWAY_ENGINE_NETWORK_ACTIVE', { name, id })
      if (networks.get(id) === undefined)
        throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_NETWORK', { name })
      await runtime.leavings.offNetwork(id)
      await networks.remove(network)
      await applyFirewall(networks.all)
    })
  }

  /** Has the host's rules be as its networks need them, whatever an earlier supervisor left. */
  async takeOver(): Promise<void> {
    const { networks } = this.#options
    await networks.alone(async () => {
      await applyFirewall(networks.all)
      for (const network of networks.all) await isolatePorts(network)
    })
  }

  /** Containers that run on a network, or are about to. */
  usersOf({ id }: Pick<Network, 'id'>): readonly Container[] {
    return this.membersOf({ id }).filter(
      ({ state }) => state.status === 'running' || state.process !== undefined,
    )
  }

  /** Containers that are on a network when they run. */
  membersOf({ id }: Pick<Network, 'id'>): readonly Container[] {
    return this.#options.store.all.filter((container) =>
      endpointsOf(container).some(({ networkId }) => networkId === id),
    )
  }

  /** Puts a container on one more network, at once if it runs. */
  async connect(containerId: string, request: EndpointRequest): Promise<void> {
    const { networks, store, lifecycle, runtime } = this.#options
    const { network } = request
    await lifecycle.alone(containerId, async (container) => {
      requireConnectable(container, network)
      if (endpointsOf(container).some(({ networkId }) => networkId === network.id))
        throw forbidden(
          `endpoint with name ${container.name} already exists in network ${network.name}`,
        )
      const saved = await networks.alone(async () => {
        // It may have been removed meanwhile.
        const present = networks.require(network.id)
        const own = endpointsOf(container)
        const wanted = [{ ...request, network: present }]
        const endpoints = await runtime.leavings.places(wanted, own, store)
        return await store.save({ ...container, network: networkRecord(endpoints) })
      })
      const endpoint = endpointsOf(saved).at(-1)
      if (saved.state.status !== 'running' || endpoint === undefined) return
      try {
        await runtime.leavings.freed((other) => haveSameAddress(other, [endpoint]))
        await runtime.connections.connectEndpoint(saved, endpoint)
      } catch (error) {
        await runtime.connections.disconnectEndpoint(saved, endpoint)
        await store.save(container)
        throw error
      }
      await runtime.connections.refreshNameServers(saved)
      if (network.names) await runtime.connections.updateResolver(saved)
      networks.publish(network, 'connect', { container: container.id })
    })
  }

  /**
   * Takes a container off a network; its ports, if they led there, then lead to another of its networks.
   * What is interrupted is undone by `restore`: the record changes while nothing of it is connected. Throws
   * SLIPWAY_ENGINE_NOT_CONNECTED.
   */
  async disconnect(containerId: string, network: Network): Promise<void> {
    const { networks, store, lifecycle, runtime } = this.#options
    await lifecycle.alone(containerId, async (container) => {
      const { id, state } = container
      const endpoints = endpointsOf(container)
      const endpoint = endpoints.find(({ networkId }) => networkId === network.id)
      if (endpoint === undefined)
        throw engineErrors.error('SLIPWAY_ENGINE_NOT_CONNECTED', { id, name: network.name })
      const running = state.status === 'running'
      const others = endpoints.filter((one) => one !== endpoint)
      const left = withPublisher(others, (one) => networks.get(one)?.internal === true)
      // netavark publishes ports only where it connects.
      const publisher =
        publishedPorts(container).length > 0 && endpoint.publishes
          ? left.find(({ publishes }) => publishes)
          : undefined
      if (running) {
        await runtime.connections.disconnectEndpoint(container, endpoint)
        if (publisher !== undefined)
          await runtime.connections.disconnectEndpoint(container, {
            ...publisher,
            publishes: false,
          })
      }
      const saved = await store.save({ ...container, network: networkRecord(left) })
      if (!running) return
      if (publisher !== undefined) await runtime.connections.connectEndpoint(saved, publisher)
      await runtime.connections.refreshNameServers(saved)
      if (network.names) await runtime.connections.updateResolver(saved)
      networks.publish(network, 'disconnect', { container: id })
    })
  }

  /** Completes what an interrupted supervisor had begun for a running container. */
  async restore(container: Container): Promise<void> {
    const { runtime } = this.#options
    const missing = await runtime.connections.missingEndpoints(container)
    for (const endpoint of missing) {
      await runtime.connections.disconnectEndpoint(container, endpoint)
      await runtime.connections.connectEndpoint(container, endpoint)
    }
    if (missing.length > 0) await runtime.connections.updateResolver(container)
    await runtime.connections.refreshNames(container)
  }

  async #interfaceName({ options }: NetworkRequest, id: string): Promise<string> {
    const name = options['com.docker.network.bridge.name']
    if (name === undefined) return `br-${id.slice(0, 12)}`
    const { networks } = this.#options
    const devices = await readFile('/proc/net/dev', 'utf8')
    const isTaken =
      networks.all.some(({ interfaceName }) => interfaceName === name) ||
      devices.split('\n').some((line) => line.trim().startsWith(`${name}:`))
    if (isTaken) throw forbidden(`network interface ${name} exists already on this host`)
    return name
  }
}

/** Throws SLIPWAY_ENGINE_NETWORK_FORBIDDEN for what has no network of its own to connect. */
function requireConnectable(container: Container, network: Network): void {
  const mode = container.spec.namespaces?.network ?? 'bridge'
  if (mode.startsWith('container:'))
    throw forbidden(
      'container sharing network namespace with another container or host cannot be connected to any other network',
    )
  if (mode === 'host' || network.driver === 'host')
    throw forbidden(
      'container cannot be disconnected from host network or connected to host network',
    )
  if (!ownsNetwork(container) || network.driver !== 'bridge')
    throw forbidden(
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    )
}

function blocksOf({ subnets }: Network): Cidr[] {
  return subnets.flatMap(({ subnet }) => parseCidr(subnet) ?? [])
}

function forbidden(problem: string): Error {
  return engineErrors.error('SLIPWAY_ENGINE_NETWORK_FORBIDDEN', { problem })
}
