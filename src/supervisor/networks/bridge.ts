import type { Container } from '../containers/container.ts'
import type { PortBinding } from '../containers/spec.ts'

/** A bridge network of the host, in netavark's terms. */
export type BridgeNetwork = {
  readonly name: string
  readonly id: string
  readonly interfaceName: string
  readonly subnet: string
  readonly gateway: string
  readonly firstAddress: string
  readonly lastAddress: string
}

/** The network of every container that names no other, as in Docker, on an interface of our own. */
export const defaultBridge: BridgeNetwork = {
  name: 'bridge',
  id: '51b9fa15ff1b3d1e0c0ff1e3b1d6ed0e51b9fa15ff1b3d1e0c0ff1e3b1d6ed0e',
  interfaceName: 'slipway0',
  subnet: '172.17.0.0/16',
  gateway: '172.17.0.1',
  firstAddress: '172.17.0.2',
  lastAddress: '172.17.255.254',
}

export const containerInterface = 'eth0'

/** A container's address on the link follows from its IPv4 address, as in Docker. */
export function macAddress(ipAddress: string): string {
  const parts = ipAddress.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  return `02:42:${parts.join(':')}`
}

/** The ports that a container publishes: those of this run, or before it those that it asks for. */
export function publishedPorts({
  spec,
  state,
}: Pick<Container, 'spec' | 'state'>): readonly PortBinding[] {
  return state.ports ?? spec.ports
}

/** What netavark reads on its standard input for both set-up and tear-down. */
export function netavarkOptions(container: Container, network: BridgeNetwork): object {
  return {
    container_id: container.id,
    container_name: container.name,
    port_mappings: publishedPorts(container).map((port) => ({
      container_port: port.containerPort,
      host_ip: port.hostIp === '0.0.0.0' ? '' : port.hostIp,
      host_port: port.hostPort,
      protocol: port.protocol,
      range: 1,
    })),
    networks: {
      [network.name]: {
        interface_name: containerInterface,
        static_ips: [container.network.ipAddress],
        static_mac: macAddress(container.network.ipAddress),
      },
    },
    network_info: {
      [network.name]: {
        name: network.name,
        id: network.id,
        driver: 'bridge',
        network_interface: network.interfaceName,
        subnets: [{ subnet: network.subnet, gateway: network.gateway }],
        ipv6_enabled: false,
        internal: false,
        dns_enabled: false,
        ipam_options: { driver: 'host-local' },
      },
    },
  }
}
