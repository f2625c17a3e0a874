import type { Container } from '../../containers/container.ts'
import { endpointId, endpointsOf, namesOf, subnetsOfFamily } from '../../networks/endpoint.ts'
import type { Network } from '../../networks/network.ts'

/** A network as every call shows it; `users` are shown by `GET /networks/{id}` alone. */
export function networkJson(network: Network, users: readonly Container[]): object {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv6: network.ipv6,
    IPAM: {
      Driver: 'default',
      Options: network.ipamOptions ?? (network.names ? {} : null),
      Config:
        network.driver === 'bridge'
          ? network.subnets.map(({ subnet, gateway, gatewayChosen, ipRange }) => ({
              Subnet: subnet,
              ...(ipRange === undefined ? {} : { IPRange: ipRange }),
              ...(gatewayChosen === true ? { Gateway: gateway } : {}),
            }))
          : null,
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(
      users.map((container) => [container.id, memberJson(network, container)]),
    ),
    Options: network.options,
    Labels: network.labels,
  }
}

/** A container in `NetworkSettings.Networks`, by the names of its networks. */
export function endpointsJson(
  container: Container,
  networks: (id: string) => Network | undefined,
): Record<string, object> {
  const running = container.state.status === 'running'
  const wasStarted = container.state.startedAt !== undefined
  return Object.fromEntries(
    endpointsOf(container).map((endpoint) => {
      const network = networks(endpoint.networkId)
      const { chosen, aliases, networkName } = endpoint
      const v4 = network === undefined ? undefined : subnetsOfFamily(network, 4)[0]
      const v6 = network === undefined ? undefined : subnetsOfFamily(network, 6)[0]
      const hasIpam = chosen?.ipv4 !== undefined || chosen?.ipv6 !== undefined
      const ipam = {
        ...(chosen?.ipv4 === undefined ? {} : { IPv4Address: chosen.ipv4 }),
        ...(chosen?.ipv6 === undefined ? {} : { IPv6Address: chosen.ipv6 }),
      }
      return [
        network?.name ?? networkName,
        {
          IPAMConfig: hasIpam ? ipam : null,
          Links: null,
          Aliases: aliases.length === 0 ? null : aliases,
          MacAddress: running ? endpoint.macAddress : (chosen?.mac ?? ''),
          DriverOpts: null,
          NetworkID: wasStarted ? endpoint.networkId : '',
          EndpointID: running ? endpointId(container, endpoint) : '',
          Gateway: running ? (v4?.gateway ?? '') : '',
          IPAddress: running ? endpoint.ipAddress : '',
          IPPrefixLen: running ? prefixLength(v4?.subnet) : 0,
          IPv6Gateway: running ? (v6?.gateway ?? '') : '',
          GlobalIPv6Address: running ? (endpoint.ipv6Address ?? '') : '',
          GlobalIPv6PrefixLen: running ? prefixLength(v6?.subnet) : 0,
          DNSNames: network?.names === true ? namesOf(container, endpoint) : null,
          ...(running ? { Interface: endpoint.interfaceName } : {}),
        },
      ]
    }),
  )
}

/** The same of a container that is on the host's network, or on none. */
export function wholeNetworkJson({ id }: Container, network: Network | undefined): object {
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    MacAddress: '',
    DriverOpts: null,
    NetworkID: network?.id ?? '',
    EndpointID: network === undefined ? '' : endpointId({ id }, { networkId: network.id }),
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  }
}

export function prefixLength(subnet: string | undefined): number {
  return Number(subnet?.split('/')[1] ?? 0)
}

function memberJson(network: Network, container: Container): object {
  const endpoint = endpointsOf(container).find(({ networkId }) => networkId === network.id)
  if (endpoint === undefined) return {}
  const withLength = (address: string, family: 4 | 6) =>
    address === '' ? '' : `${address}/${prefixLength(subnetsOfFamily(network, family)[0]?.subnet)}`
  return {
    Name: container.name,
    EndpointID: endpointId(container, endpoint),
    MacAddress: endpoint.macAddress,
    IPv4Address: withLength(endpoint.ipAddress, 4),
    IPv6Address: withLength(endpoint.ipv6Address ?? '', 6),
  }
}
