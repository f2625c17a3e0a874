import type { Container } from '../containers/container.ts'
import { shortId } from '../containers/identity.ts'
import type { PortBinding } from '../containers/spec.ts'
import { type Endpoint, namesOf } from './endpoint.ts'
import { defaultBridge, type Network } from './network.ts'

/** The kernel prefers the default route of the network that came first. */
const firstMetric = 100

/** The ports that a container publishes: those of this run, or before it those that it asks for. */
export function publishedPorts({
  spec,
  state,
}: Pick<Container, 'spec' | 'state'>): readonly PortBinding[] {
  return state.ports ?? spec.ports
}

/** What netavark reads on its standard input for both set-up and tear-down of one endpoint. */
export function netavarkOptions(
  container: Container,
  endpoint: Endpoint,
  network: Network,
): object {
  const { interfaceName, ipAddress, ipv6Address, macAddress, publishes } = endpoint
  const name = netavarkName(network)
  return {
    container_id: container.id,
    container_name: container.name,
    port_mappings: publishes ? portMappings(container) : [],
    ...(network.names ? { dns_servers: container.spec.dns?.servers ?? [] } : {}),
    networks: {
      [name]: {
        interface_name: interfaceName,
        static_ips: [ipAddress, ipv6Address ?? ''].filter((address) => address !== ''),
        static_mac: macAddress,
        ...(network.names ? { aliases: aliasesOf(container, endpoint) } : {}),
      },
    },
    network_info: {
      [name]: {
        name,
        id: network.id,
        driver: 'bridge',
        network_interface: network.interfaceName,
        subnets: network.subnets.map(({ subnet, gateway }) => ({ subnet, gateway })),
        ipv6_enabled: network.ipv6,
        internal: network.internal,
        dns_enabled: network.names,
        ipam_options: { driver: 'host-local' },
        options: bridgeOptions(network, endpoint),
      },
    },
  }
}

/** netavark adds the container's name itself. */
function aliasesOf(container: Container, endpoint: Endpoint): string[] {
  return namesOf(container, endpoint).filter((name) => name !== container.name)
}

/** What netavark calls a network: they may have names that are no good for files. */
export function netavarkName(network: Network): string {
  return network.id === defaultBridge.id ? network.name : shortId(network.id)
}

function bridgeOptions({ options }: Network, { interfaceName }: Endpoint): object {
  const mtu = options['com.docker.network.driver.mtu']
  return {
    // As in Docker, nothing gets from one network to another.
    isolate: 'true',
    metric: String(firstMetric + Number(interfaceName.replace('eth', ''))),
    ...(mtu === undefined ? {} : { mtu }),
  }
}

function portMappings(container: Container): object[] {
  return publishedPorts(container).map((port) => ({
    container_port: port.containerPort,
    host_ip: port.hostIp === '0.0.0.0' ? '' : port.hostIp,
    host_port: port.hostPort,
    protocol: port.protocol,
    range: 1,
  }))
}
