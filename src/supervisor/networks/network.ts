/** A network as the supervisor keeps it. Kept on disk, so a field that is added later is optional. */
export type Network = {
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly name: string
  readonly createdAt: string
  /** Docker's names: `null` is that of containers without a network. */
  readonly driver: 'bridge' | 'host' | 'null'
  /** The bridge's name on the host. */
  readonly interfaceName: string
  /** Of IPv4 first. */
  readonly subnets: readonly Subnet[]
  /** Somebody chose the subnets: only then addresses may be chosen too. */
  readonly subnetsChosen: boolean
  /** It leads nowhere but to its own containers. */
  readonly internal: boolean
  readonly ipv6: boolean
  readonly attachable: boolean
  /** Containers find each other by name. */
  readonly names: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  readonly ipamOptions?: Readonly<Record<string, string>>
  /** The Compose file's definition that it was made by, as a digest; absent for one that a client made. */
  readonly definition?: string
}

export type Subnet = {
  readonly subnet: string
  readonly gateway: string
  /** Somebody chose the gateway. */
  readonly gatewayChosen?: boolean
  /** Addresses are given from here. */
  readonly ipRange?: string
}

const predefinedFields = {
  createdAt: new Date().toISOString(),
  subnetsChosen: false,
  internal: false,
  ipv6: false,
  attachable: false,
  names: false,
  labels: {},
  options: {},
} as const

/** The network of every container that names no other, as in Docker, on an interface of our own. */
export const defaultBridge: Network = {
  ...predefinedFields,
  name: 'bridge',
  id: '51b9fa15ff1b3d1e0c0ff1e3b1d6ed0e51b9fa15ff1b3d1e0c0ff1e3b1d6ed0e',
  driver: 'bridge',
  interfaceName: 'slipway0',
  subnets: [{ subnet: '172.17.0.0/16', gateway: '172.17.0.1', gatewayChosen: true }],
  options: {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': 'slipway0',
    'com.docker.network.driver.mtu': '1500',
  },
}

export const hostNetwork: Network = {
  ...predefinedFields,
  name: 'host',
  id: 'b1c02f4f1d9e4d5aa3e7f09b6c8d2e41b1c02f4f1d9e4d5aa3e7f09b6c8d2e41',
  driver: 'host',
  interfaceName: '',
  subnets: [],
}

export const noNetwork: Network = {
  ...predefinedFields,
  name: 'none',
  id: 'e07a64c35b2f4c8d9d10a7f2c6b3e598e07a64c35b2f4c8d9d10a7f2c6b3e598',
  driver: 'null',
  interfaceName: '',
  subnets: [],
}

/** Those that are always there. */
export const predefinedNetworks: readonly Network[] = [defaultBridge, hostNetwork, noNetwork]

export function isPredefined({ id }: Pick<Network, 'id'>): boolean {
  return predefinedNetworks.some((network) => network.id === id)
}

/** Names that no other network may have. */
export function isReservedName(name: string): boolean {
  return name === 'default' || predefinedNetworks.some((network) => network.name === name)
}
