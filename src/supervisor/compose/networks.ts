import { isIPv4, isIPv6 } from 'node:net'
import type { FieldPath } from '../../checked-yaml/problem.ts'
import { suggestion } from '../../checked-yaml/wording.ts'
import { some } from '../../json/some.ts'
import { parseCidr } from '../networks/cidr.ts'
import { parseMacAddress } from '../networks/mac-address.ts'
import type { SubnetRequest } from '../networks/subnets.ts'
import type { Entry, NodeReader } from './node-reader.ts'
import type { NetworkDefinition, ServiceNetwork } from './service.ts'

/** A network of a file: its name on the host, and what it is; an external one is made by somebody else. */
export type DeclaredNetwork = { readonly name: string; readonly definition?: NetworkDefinition }

/** By the keys under which the file's services name them. */
export type DeclaredNetworks = ReadonlyMap<string, DeclaredNetwork>

const networkName = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}$/
const alias = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}$/
export const networkKeys = [
  'name',
  'external',
  'driver',
  'internal',
  'enable_ipv6',
  'labels',
  'ipam',
] as const

export const refusedInNetworks = {
  enable_ipv4: 'networks of the host have IPv4 in any case',
  driver_opts: 'not supported in files',
  attachable: 'there is no swarm: leave it out',
}

export const placeKeys = ['aliases', 'ipv4_address', 'ipv6_address', 'mac_address'] as const

const byItself = 'the host chooses it'

export const refusedInPlaces = {
  driver_opts: 'not supported in files',
  gw_priority: 'the first network in the order of the file has the default route',
  interface_name: byItself,
  link_local_ips: byItself,
  priority: 'networks are connected in the order of the file',
}

/** Reads the top-level key `networks`; `default` is there in any case. */
export function readNetworks(
  reader: NodeReader,
  entry: Entry | undefined,
  project: string,
): DeclaredNetworks {
  const networks = new Map<string, DeclaredNetwork>([
    ['default', { name: `${project}_default`, definition: plainNetwork }],
  ])
  if (entry === undefined) return networks
  for (const { key, keyNode, value } of reader.entries(entry.value, ['networks']) ?? []) {
    const path = ['networks', key]
    if (!networkName.test(key)) reader.problem(keyNode, path, 'a name has letters, digits, . _ -')
    const network = reader.isNothing(value)
      ? { name: `${project}_${key}`, definition: plainNetwork }
      : readNetwork(reader, value, path, `${project}_${key}`)
    if (network !== undefined) networks.set(key, network)
  }
  return networks
}

/** Reads `networks` of a service: a list of keys, or a map with what it is called on each. */
export function readServiceNetworks(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  declared: DeclaredNetworks,
): readonly ServiceNetwork[] {
  const found: ServiceNetwork[] = []
  const add = (key: string, at: unknown, where: FieldPath, more: Partial<ServiceNetwork>) => {
    const network = declared.get(key)
    if (network === undefined)
      reader.problem(
        at,
        where,
        `no such network in this file; ${suggestion(key, [...declared.keys()])}`,
      )
    else if (found.some(({ name }) => name === network.name))
      reader.problem(at, where, `the network ${key} is named twice`)
    else found.push({ aliases: [], ...network, ...more })
  }
  if (reader.isNothing(node)) return []
  if (reader.isList(node))
    for (const [index, item] of (reader.items(node, path) ?? []).entries()) {
      const where = [...path, index]
      const key = reader.text(item, where, 'the name of a network')
      if (key !== undefined) add(key, item, where, {})
    }
  else
    for (const { key, keyNode, value } of reader.entries(node, path) ?? []) {
      const where = [...path, key]
      add(key, keyNode, where, reader.isNothing(value) ? {} : readPlace(reader, value, where))
    }
  return found
}

const plainNetwork: NetworkDefinition = { internal: false, ipv6: false, labels: {}, subnets: [] }

function readNetwork(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  usualName: string,
): DeclaredNetwork | undefined {
  const fields = reader.section(node, path, networkKeys, refusedInNetworks)
  if (fields === undefined) return undefined
  const { external, driver, internal, enable_ipv6: ipv6, labels, ipam } = fields
  const own =
    fields.name &&
    reader.parsed(fields.name.value, [...path, 'name'], 'a name', (text) =>
      matching(text, networkName, 'letters, digits, . _ -'),
    )
  if (driver)
    reader.parsed(driver.value, [...path, 'driver'], 'a driver', (text) => {
      if (text !== 'bridge')
        throw new RangeError(`there is only the driver bridge, found "${text}"`)
    })
  if (external && reader.boolean(external.value, [...path, 'external']) === true) {
    for (const entry of [driver, internal, ipv6, labels, ipam])
      if (entry)
        reader.problem(entry.keyNode, [...path, entry.key], 'an external network is as it was made')
    return { name: own ?? String(path.at(-1)) }
  }
  return {
    name: own ?? usualName,
    definition: {
      internal: (internal && reader.boolean(internal.value, [...path, 'internal'])) ?? false,
      ipv6: (ipv6 && reader.boolean(ipv6.value, [...path, 'enable_ipv6'])) ?? false,
      labels: labels === undefined ? {} : readLabels(reader, labels.value, [...path, 'labels']),
      subnets: ipam === undefined ? [] : readIpam(reader, ipam.value, [...path, 'ipam']),
    },
  }
}

function readLabels(reader: NodeReader, node: unknown, path: FieldPath): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const { key, value } of reader.entries(node, path) ?? []) {
    const text = reader.text(value, [...path, key], 'a text')
    if (text !== undefined) labels[key] = text
  }
  return labels
}

function readIpam(reader: NodeReader, node: unknown, path: FieldPath): SubnetRequest[] {
  const fields = reader.section(node, path, ['driver', 'config'])
  if (fields === undefined) return []
  if (fields.driver)
    reader.parsed(fields.driver.value, [...path, 'driver'], 'a driver', (text) => {
      if (text !== 'default')
        throw new RangeError(`there is only the driver default, found "${text}"`)
    })
  if (fields.config === undefined) return []
  const at = [...path, 'config']
  return (reader.items(fields.config.value, at) ?? []).flatMap((item, index) => {
    const where = [...at, index]
    const entry = reader.section(item, where, ['subnet', 'gateway', 'ip_range'])
    if (entry === undefined) return []
    const read = (field: Entry | undefined, parse: (text: string) => string) =>
      field && reader.parsed(field.value, [...where, field.key], 'a text', parse)
    const subnet = read(entry.subnet, parseSubnet)
    if (entry.subnet === undefined) reader.problem(item, where, 'the key subnet is missing')
    return [
      {
        ...some('subnet', subnet),
        ...some('gateway', read(entry.gateway, parseIp)),
        ...some('ipRange', read(entry.ip_range, parseSubnet)),
      },
    ]
  })
}

function readPlace(reader: NodeReader, node: unknown, path: FieldPath): Partial<ServiceNetwork> {
  const fields = reader.section(node, path, placeKeys, refusedInPlaces)
  if (fields === undefined) return {}
  const { aliases, ipv4_address: v4, ipv6_address: v6, mac_address: mac } = fields
  const at = [...path, 'aliases']
  const names = aliases && (reader.items(aliases.value, at) ?? [])
  const read = (entry: Entry | undefined, isRight: (text: string) => boolean, what: string) =>
    entry &&
    reader.parsed(entry.value, [...path, entry.key], what, (text) => {
      if (isRight(text)) return text
      throw new RangeError(`expected ${what}, found "${text}"`)
    })
  return {
    aliases: (names ?? []).flatMap(
      (item, index) =>
        reader.parsed(item, [...at, index], 'a name', (text) =>
          matching(text, alias, 'letters, digits, . _ -'),
        ) ?? [],
    ),
    ...some('ipv4', read(v4, isIPv4, 'an address of IPv4')),
    ...some('ipv6', read(v6, isIPv6, 'an address of IPv6')),
    ...some('mac', mac && reader.parsed(mac.value, [...path, mac.key], macAddress, readMacAddress)),
  }
}

const macAddress = 'a MAC address'

/** Throws RangeError. */
export function readMacAddress(text: string): string {
  const address = parseMacAddress(text)
  if (address !== undefined) return address
  throw new RangeError(`expected ${macAddress} such as 02:42:ac:11:00:02, found "${text}"`)
}

function matching(text: string, pattern: RegExp, expected: string): string {
  if (pattern.test(text)) return text
  throw new RangeError(`expected ${expected}, found "${text}"`)
}

function parseSubnet(text: string): string {
  if (parseCidr(text) !== undefined) return text
  throw new RangeError(`expected a subnet such as 10.1.0.0/24, found "${text}"`)
}

function parseIp(text: string): string {
  if (isIPv4(text) || isIPv6(text)) return text
  throw new RangeError(`expected an IP address, found "${text}"`)
}
