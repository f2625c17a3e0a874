import { createHash } from 'node:crypto'
import type { Container } from '../containers/container.ts'
import { shortId } from '../containers/identity.ts'
import { serviceNames } from '../discovery/metadata.ts'
import { hostnameOf } from '../runtime/spec.ts'
import { chosenAddress, freeAddress } from './addresses.ts'
import { parseCidr } from './cidr.ts'
import { defaultBridge, type Network, type Subnet } from './network.ts'

/** A container's place on a network. Kept in its record, so a field that is added later is optional. */
export type Endpoint = {
  readonly networkId: string
  /** As the network is called; shown even when it is gone. */
  readonly networkName: string
  /** In the container: `eth0`, `eth1`, … */
  readonly interfaceName: string
  /** Empty on a network without IPv4. */
  readonly ipAddress: string
  readonly ipv6Address?: string
  readonly macAddress: string
  /** Names beside the container's own. */
  readonly aliases: readonly string[]
  /** The ports of the container lead here. */
  readonly publishes: boolean
  /** What somebody chose of it. */
  readonly chosen?: ChosenAddresses
}

export type ChosenAddresses = {
  readonly ipv4?: string
  readonly ipv6?: string
  readonly mac?: string
}

/** What is asked for of a container's place on a network. */
export type EndpointRequest = {
  readonly network: Network
  readonly aliases: readonly string[]
  readonly chosen: ChosenAddresses
}

/** The networks that a container is on, in order. */
export function endpointsOf({ network }: Pick<Container, 'network'>): readonly Endpoint[] {
  const { endpoints, ipAddress } = network
  if (endpoints !== undefined) return endpoints
  if (ipAddress === '') return []
  // A record from before there were other networks.
  return [
    {
      networkId: defaultBridge.id,
      networkName: defaultBridge.name,
      interfaceName: 'eth0',
      ipAddress,
      macAddress: macAddress(ipAddress),
      aliases: [],
      publishes: true,
    },
  ]
}

/** What a container's record says of its networks. */
export function networkRecord(endpoints: readonly Endpoint[]): Container['network'] {
  return { ipAddress: endpoints[0]?.ipAddress ?? '', endpoints }
}

/**
 * Gives addresses to places on networks. One that somebody chose may be another container's that does
 * not run: it is looked at when the container starts. Throws SLIPWAY_ENGINE_INVALID,
 * SLIPWAY_SUPERVISOR_SUBNET_FULL.
 */
export function newEndpoints(
  requests: readonly EndpointRequest[],
  existing: readonly Endpoint[],
  containers: readonly Pick<Container, 'network'>[],
): readonly Endpoint[] {
  const others = containers.flatMap(endpointsOf)
  const endpoints = [...existing]
  for (const request of requests) endpoints.push(newEndpoint(request, endpoints, others))
  return endpoints
}

/** Whether a container has an address of one of these places on networks. */
export function haveSameAddress(
  container: Pick<Container, 'network'>,
  endpoints: readonly Endpoint[],
): boolean {
  return endpointsOf(container).some((one) =>
    endpoints.some((other) => other.networkId === one.networkId && isSameAddress(one, other)),
  )
}

function isSameAddress(one: Endpoint, other: Endpoint): boolean {
  return (
    (one.ipAddress !== '' && one.ipAddress === other.ipAddress) ||
    (one.ipv6Address !== undefined && one.ipv6Address === other.ipv6Address)
  )
}

/** When the network that its ports led to is gone, they lead to the next that leads outside. */
export function withPublisher(
  endpoints: readonly Endpoint[],
  isInternal: (networkId: string) => boolean,
): readonly Endpoint[] {
  if (endpoints.some(({ publishes }) => publishes)) return endpoints
  const next = endpoints.find(({ networkId }) => !isInternal(networkId))
  return endpoints.map((one) => (one === next ? { ...one, publishes: true } : one))
}

/** What the container is called on its networks, as Docker's `DNSNames`, and what its services are called. */
export function namesOf(container: Container, { aliases }: Endpoint): readonly string[] {
  const { id, name } = container
  return [
    ...new Set([name, ...aliases, shortId(id), hostnameOf(container), ...serviceNames(container)]),
  ]
}

/** Docker's id of it; of ours nothing else depends on it. */
export function endpointId(
  { id }: Pick<Container, 'id'>,
  { networkId }: Pick<Endpoint, 'networkId'>,
): string {
  return createHash('sha256').update(`${id}/${networkId}`).digest('hex')
}

/** A container's address on the link follows from its IPv4 address, as in Docker. */
export function macAddress(ipAddress: string): string {
  const parts = ipAddress.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  return `02:42:${parts.join(':')}`
}

export function subnetsOfFamily({ subnets }: Network, family: 4 | 6): readonly Subnet[] {
  return subnets.filter(({ subnet }) => parseCidr(subnet)?.family === family)
}

function newEndpoint(
  { network, aliases, chosen }: EndpointRequest,
  own: readonly Endpoint[],
  others: readonly Endpoint[],
): Endpoint {
  const here = [...others, ...own].filter(({ networkId }) => networkId === network.id)
  const taken = new Set(here.flatMap((one) => [one.ipAddress, one.ipv6Address ?? '']))
  const address = (family: 4 | 6, wanted: string | undefined): string | undefined => {
    const subnets = subnetsOfFamily(network, family)
    if (wanted !== undefined) return chosenAddress(wanted, subnets)
    return subnets[0] === undefined ? undefined : freeAddress(subnets[0], taken)
  }
  const ipAddress = address(4, chosen.ipv4) ?? ''
  const ipv6Address = address(6, chosen.ipv6)
  return {
    networkId: network.id,
    networkName: network.name,
    interfaceName: freeInterface(own),
    ipAddress,
    ...(ipv6Address === undefined ? {} : { ipv6Address }),
    macAddress: chosen.mac ?? macOf(ipAddress, ipv6Address ?? ''),
    aliases,
    publishes: !network.internal && !own.some(({ publishes }) => publishes),
    ...(Object.keys(chosen).length === 0 ? {} : { chosen }),
  }
}

function freeInterface(own: readonly Endpoint[]): string {
  for (let number = 0; ; number += 1) {
    const name = `eth${number}`
    if (!own.some(({ interfaceName }) => interfaceName === name)) return name
  }
}

function macOf(ipAddress: string, ipv6Address: string): string {
  if (ipAddress !== '') return macAddress(ipAddress)
  const digest = createHash('sha256').update(ipv6Address).digest()
  return [
    '02',
    '42',
    ...[...digest.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')),
  ].join(':')
}
