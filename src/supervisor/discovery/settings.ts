import { isIP } from 'node:net'
import type { PemFiles } from '../../http/pem-files.ts'
import { parseDuration } from '../compose/duration.ts'
import type { Entry, NodeReader } from '../compose/node-reader.ts'

/** Where services of this host are made known. */
export type DiscoverySettings = PemFiles & {
  readonly kind: 'etcd' | 'consul'
  /** `http://HOST:PORT` or `https://HOST:PORT`. */
  readonly address: URL
  /** Who asks, and the file with the secret that says so. */
  readonly username?: string
  readonly secretFile?: string
  /** For how long a host counts as there that says nothing any more. */
  readonly ttlMs: number
  /** The domain of the names in etcd. */
  readonly domain: string
  /** The name of this host in the backend; its host name if absent. */
  readonly host?: string
  /** Where others reach this host; found out if absent. */
  readonly advertise?: string
  /** Only ports that are given a name are services. */
  readonly explicit: boolean
}

const fields = [
  'kind',
  'address',
  'certificateAuthority',
  'certificate',
  'key',
  'username',
  'tokenFile',
  'tokenCredential',
  'ttl',
  'domain',
  'host',
  'advertise',
  'explicit',
] as const

const usualTtlMs = 30_000
/** Shorter ones would take hosts for gone whose supervisor is restarted. */
const shortestTtlMs = 5_000
const usualDomain = 'cluster.local'

/** Reads the section `discovery`; undefined after a problem was reported. */
export function readDiscovery(
  reader: NodeReader,
  { value, keyNode }: Entry,
  credentials = process.env.CREDENTIALS_DIRECTORY,
): DiscoverySettings | undefined {
  const path = ['discovery']
  const section = reader.section(value, path, fields)
  if (section === undefined) return undefined
  const problemsBefore = reader.problems.length
  const parsed = <T>(name: (typeof fields)[number], expected: string, parse: (text: string) => T) =>
    section[name] && reader.parsed(section[name].value, [...path, name], expected, parse)
  if (section.kind === undefined || section.address === undefined)
    reader.problem(keyNode, path, 'expected a kind, which is etcd or consul, and its address')
  const kind = parsed('kind', 'etcd or consul', parseKind)
  const address = parsed('address', 'a URL such as http://127.0.0.1:2379', parseAddress)
  const certificateAuthority = parsed('certificateAuthority', 'a PEM file', absolutePath)
  const certificate = parsed('certificate', 'a PEM file', absolutePath)
  const key = parsed('key', 'a PEM file', absolutePath)
  const username = parsed('username', 'the name of a user of etcd', nonEmpty)
  const tokenFile = parsed('tokenFile', 'a file', absolutePath)
  const fromCredential = parsed('tokenCredential', 'the name of a credential', (name) =>
    credentialFile(name, credentials),
  )
  const ttlMs = parsed('ttl', 'a duration such as 30s', parseTtl)
  const domain = parsed('domain', 'a domain such as cluster.local', parseDomain)
  const host = parsed('host', 'the name of this host', parseHost)
  const advertise = parsed('advertise', 'an address of this host', parseAdvertised)
  const explicit = section.explicit && reader.boolean(section.explicit.value, [...path, 'explicit'])
  if (section.tokenFile !== undefined && section.tokenCredential !== undefined)
    reader.problem(section.tokenCredential.keyNode, path, 'tokenFile has it already')
  if ((section.certificate === undefined) !== (section.key === undefined))
    reader.problem(keyNode, path, 'certificate and key belong together')
  const secretFile = tokenFile ?? fromCredential
  if (kind === 'etcd' && (username === undefined) !== (secretFile === undefined))
    reader.problem(keyNode, path, 'etcd takes a username together with its password as token')
  if (kind === 'consul')
    for (const name of ['username', 'domain'] as const)
      if (section[name] !== undefined)
        reader.problem(section[name].keyNode, [...path, name], 'consul has no use for it')
  if (kind === undefined || address === undefined) return undefined
  if (reader.problems.length > problemsBefore) return undefined
  return {
    kind,
    address,
    ttlMs: ttlMs ?? usualTtlMs,
    domain: domain ?? usualDomain,
    explicit: explicit === true,
    ...(certificateAuthority && { certificateAuthority }),
    ...(certificate && { certificate }),
    ...(key && { key }),
    ...(username && { username }),
    ...(secretFile && { secretFile }),
    ...(host && { host }),
    ...(advertise && { advertise }),
  }
}

function parseKind(text: string): DiscoverySettings['kind'] {
  if (text === 'etcd' || text === 'consul') return text
  throw new RangeError(`expected etcd or consul, found "${text}"`)
}

function parseAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new RangeError(`expected a URL such as http://127.0.0.1:2379, found "${text}"`)
  if (url.pathname !== '/' || url.search !== '' || url.username !== '' || url.password !== '')
    throw new RangeError('expected nothing but host and port in the URL')
  return url
}

function absolutePath(text: string): string {
  if (text.startsWith('/')) return text
  throw new RangeError(`expected an absolute path, found "${text}"`)
}

/** systemd's: see systemd.exec(5), LoadCredential=. */
function credentialFile(name: string, directory: string | undefined): string {
  if (!/^[a-zA-Z0-9_.-]+$/.test(name) || name.startsWith('.'))
    throw new RangeError(`expected the name of a credential, found "${name}"`)
  if (directory === undefined)
    throw new RangeError('the supervisor was given no credentials by its unit')
  return `${directory}/${name}`
}

function nonEmpty(text: string): string {
  if (text !== '') return text
  throw new RangeError('expected a text, found none')
}

function parseTtl(text: string): number {
  const ttlMs = parseDuration(text)
  if (ttlMs < shortestTtlMs || ttlMs > 24 * 60 * 60_000)
    throw new RangeError(`expected a time from 5s to 24h, found "${text}"`)
  return ttlMs
}

function parseDomain(text: string): string {
  if (/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(text)) return text
  throw new RangeError(`expected a domain in lower case, found "${text}"`)
}

function parseHost(text: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9.-]*$/.test(text)) return text
  throw new RangeError(`expected a name of letters, digits, dots and hyphens, found "${text}"`)
}

function parseAdvertised(text: string): string {
  if (isIP(text) !== 0) return text
  throw new RangeError(`expected an address, found "${text}"`)
}
