import { isIP } from 'node:net'
import type { FieldPath } from '../../../checked-yaml/problem.ts'
import type { PemFiles } from '../../../http/pem-files.ts'
import { some } from '../../../json/some.ts'
import type { Entry, NodeReader } from '../../compose/node-reader.ts'
import { readPemPath } from '../../settings/listening.ts'

/** Where the logs of containers go beside the host's own, by a name for each target. */
export type ForwardSettings = ReadonlyMap<string, TargetSettings>

export type TargetSettings = SyslogTargetSettings | HttpTargetSettings

export type SyslogTargetSettings = {
  readonly type: 'syslog'
  readonly host: string
  readonly port: number
  /** Absent: plain TCP. */
  readonly tls?: PemFiles
}

export type HttpTargetSettings = PemFiles & {
  readonly type: 'json-lines' | 'otlp'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
}

const types = ['syslog', 'json-lines', 'otlp'] as const
const fieldsOf = {
  syslog: ['type', 'address', 'tls', 'certificateAuthority', 'certificate', 'key'],
  'json-lines': ['type', 'url', 'headers', 'certificateAuthority', 'certificate', 'key'],
  otlp: ['type', 'url', 'headers', 'certificateAuthority', 'certificate', 'key'],
} as const
const allFields = [
  'type',
  'address',
  'tls',
  'certificateAuthority',
  'certificate',
  'key',
  'url',
  'headers',
] as const

type Fields = Partial<Record<(typeof allFields)[number], Entry>>

/** The names of targets name files too. */
const nameSyntax = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/

/** Reads the section `logs`. */
export function readLogSettings(reader: NodeReader, { value }: Entry): ForwardSettings {
  const section = reader.section(value, ['logs'], ['forward'])
  const path = ['logs', 'forward']
  const targets = new Map<string, TargetSettings>()
  if (section?.forward === undefined) return targets
  for (const { key, keyNode, value } of reader.entries(section.forward.value, path) ?? []) {
    if (!nameSyntax.test(key))
      reader.problem(keyNode, [...path, key], 'expected a name of a-z, 0-9 and -, 40 at most')
    const target = readTarget(reader, value, keyNode, [...path, key])
    if (target !== undefined) targets.set(key, target)
  }
  return targets
}

function readTarget(
  reader: NodeReader,
  node: unknown,
  keyNode: unknown,
  path: FieldPath,
): TargetSettings | undefined {
  const fields: Fields | undefined = reader.section(node, path, allFields)
  if (fields === undefined) return undefined
  const expected = `one of ${types.join(', ')}`
  if (fields.type === undefined) return reader.problem(keyNode, path, `expected type: ${expected}`)
  const type = reader.parsed(fields.type.value, [...path, 'type'], expected, (text) => {
    const known = types.find((name) => name === text)
    if (known !== undefined) return known
    throw new RangeError(`expected ${expected}; found "${text}"`)
  })
  if (type === undefined) return undefined
  const known: readonly string[] = fieldsOf[type]
  for (const { key, keyNode: node } of Object.values(fields))
    if (!known.includes(key)) reader.problem(node, [...path, key], `is nothing for type ${type}`)
  const target = { reader, fields, keyNode, path }
  return type === 'syslog' ? readSyslog(target) : readHttp(target, type)
}

type Reading = {
  readonly reader: NodeReader
  readonly fields: Fields
  readonly keyNode: unknown
  readonly path: FieldPath
}

function readSyslog(reading: Reading): SyslogTargetSettings | undefined {
  const { reader, fields, keyNode, path } = reading
  if (fields.address === undefined)
    return reader.problem(keyNode, path, 'expected address: HOST:PORT')
  const place = reader.parsed(fields.address.value, [...path, 'address'], 'HOST:PORT', parseAddress)
  const isTls = fields.tls && reader.boolean(fields.tls.value, [...path, 'tls'])
  const tls = pemFiles(reading)
  if (isTls !== true && (fields.certificateAuthority ?? fields.certificate ?? fields.key))
    reader.problem(keyNode, path, 'certificates need tls: true')
  if (place === undefined) return undefined
  return { type: 'syslog', ...place, ...(isTls === true && { tls }) }
}

function readHttp(
  reading: Reading,
  type: HttpTargetSettings['type'],
): HttpTargetSettings | undefined {
  const { reader, fields, keyNode, path } = reading
  if (fields.url === undefined) return reader.problem(keyNode, path, 'expected url')
  const url = reader.parsed(fields.url.value, [...path, 'url'], 'a URL', (text) => {
    const parsed = URL.parse(text)
    if (parsed !== null && /^https?:$/.test(parsed.protocol)) return parsed
    throw new RangeError(`expected a URL of http or https; found "${text}"`)
  })
  const headers: Record<string, string> = {}
  const at = [...path, 'headers']
  for (const { key, keyNode: node, value } of fields.headers
    ? (reader.entries(fields.headers.value, at) ?? [])
    : []) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key))
      reader.problem(node, [...at, key], 'expected the name of a header')
    const text = reader.parsed(value, [...at, key], 'a text', (text) => {
      if (/^[\t\x20-\x7e]*$/.test(text)) return text
      throw new RangeError('expected a value of printable characters')
    })
    if (text !== undefined) headers[key] = text
  }
  if (url === undefined) return undefined
  return { type, url, headers, ...pemFiles(reading) }
}

function pemFiles(reading: Reading): PemFiles {
  const { reader, fields, keyNode, path } = reading
  if ((fields.certificate === undefined) !== (fields.key === undefined))
    reader.problem(keyNode, path, 'certificate and key belong together')
  return {
    ...pemFile(reading, 'certificateAuthority'),
    ...pemFile(reading, 'certificate'),
    ...pemFile(reading, 'key'),
  }
}

function pemFile<Name extends keyof PemFiles>(
  { reader, fields, path }: Reading,
  name: Name,
): { readonly [name in Name]?: string } {
  const field = fields[name]
  return some(name, field && readPemPath(reader, field.value, [...path, name]))
}

/** `HOST:PORT`, `[IPV6]:PORT`. */
function parseAddress(text: string): { host: string; port: number } {
  const [, six, name, portText] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = six ?? name ?? ''
  const port = Number(portText)
  if (host === '' || (six !== undefined && isIP(six) !== 6) || !(port >= 1 && port <= 65_535))
    throw new RangeError(`expected HOST:PORT; found "${text}"`)
  return { host, port }
}
