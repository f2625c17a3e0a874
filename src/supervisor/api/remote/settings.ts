import { isIP } from 'node:net'
import type { NodeReader } from '../../compose/node-reader.ts'
import { type Role, roles } from '../role.ts'

/** Where the API is served over TCP, to clients whose certificates are known. */
export type RemoteApiSettings = {
  /** An address of the host; `0.0.0.0` and `::` stand for all. */
  readonly address: string
  readonly port: number
  /** PEM files: the host's certificate with its chain, its key, and the authorities of the clients. */
  readonly certificate: string
  readonly key: string
  readonly clientAuthorities: string
  /** By the common name of the client's certificate. Who is not here is refused. */
  readonly roles: ReadonlyMap<string, Role>
}

/** Docker's port for TLS. */
const usualPort = 2376

const fields = ['listen', 'certificate', 'key', 'clientAuthorities', 'roles'] as const

/** Reads the section `api`; undefined after a problem was reported. */
export function readRemoteApi(
  reader: NodeReader,
  node: unknown,
  keyNode: unknown,
): RemoteApiSettings | undefined {
  const section = reader.section(node, ['api'], fields)
  if (section === undefined) return undefined
  const missing = fields.filter((name) => section[name] === undefined)
  if (missing.length > 0) {
    return reader.problem(
      keyNode,
      ['api'],
      `expected all of ${fields.join(', ')}; there is no ${missing.join(', ')}`,
    )
  }
  const file = (name: 'certificate' | 'key' | 'clientAuthorities') => {
    const value = section[name]?.value
    const path = reader.text(value, ['api', name], 'the absolute path of a PEM file')
    if (path === undefined || path.startsWith('/')) return path
    return reader.problem(value, ['api', name], `expected an absolute path, found "${path}"`)
  }
  const place = readPlace(reader, section.listen?.value)
  const [certificate, key, clientAuthorities] = [
    file('certificate'),
    file('key'),
    file('clientAuthorities'),
  ]
  const known = readRoles(reader, section.roles?.value)
  if (place === undefined || known === undefined) return undefined
  if (certificate === undefined || key === undefined || clientAuthorities === undefined)
    return undefined
  return { ...place, certificate, key, clientAuthorities, roles: known }
}

/** `ADDRESS`, `ADDRESS:PORT`, `[IPV6]` or `[IPV6]:PORT`. */
function readPlace(
  reader: NodeReader,
  node: unknown,
): { address: string; port: number } | undefined {
  const expected = 'an address of the host, and a port if it is not 2376: 192.0.2.7, [::]:2376'
  const text = reader.text(node, ['api', 'listen'], expected)
  if (text === undefined) return undefined
  const [, six, four, portText] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = six ?? four ?? ''
  const port = portText === undefined ? usualPort : Number(portText)
  if (isIP(address) !== (six === undefined ? 4 : 6) || port < 1 || port > 65_535)
    return reader.problem(node, ['api', 'listen'], `expected ${expected}; found "${text}"`)
  return { address, port }
}

function readRoles(reader: NodeReader, node: unknown): Map<string, Role> | undefined {
  const entries = reader.entries(node, ['api', 'roles'])
  if (entries === undefined) return undefined
  const known = new Map<string, Role>()
  for (const { key, value } of entries) {
    const path = ['api', 'roles', key]
    const text = reader.text(value, path, `one of ${roles.join(', ')}`)
    const role = roles.find((name) => name === text)
    if (role !== undefined) known.set(key, role)
    else if (text !== undefined)
      reader.problem(value, path, `expected one of ${roles.join(', ')}; found "${text}"`)
  }
  return known
}
