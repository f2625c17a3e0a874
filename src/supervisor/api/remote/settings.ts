import type { NodeReader } from '../../compose/node-reader.ts'
import { type Place, readPemPath, readPlace } from '../../settings/listening.ts'
import { type Role, roles } from '../role.ts'

/** PEM files: the host's certificate with its chain, its key, and the authorities of the clients. */
export type MutualTlsFiles = {
  readonly certificate: string
  readonly key: string
  readonly clientAuthorities: string
}

/** Where the API is served over TCP, to clients whose certificates are known. */
export type RemoteApiSettings = Place &
  MutualTlsFiles & {
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
  const file = (name: 'certificate' | 'key' | 'clientAuthorities') =>
    readPemPath(reader, section[name]?.value, ['api', name])
  const place = readPlace(reader, section.listen?.value, ['api', 'listen'], usualPort)
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
