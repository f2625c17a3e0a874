import type { MutualTlsFiles } from '../api/remote/settings.ts'
import type { Entry, NodeReader } from '../compose/node-reader.ts'
import { type Place, readPemPath, readPlace } from '../settings/listening.ts'

/** Where metrics are served. */
export type MetricsSettings = Place & {
  /** Absent: plain HTTP, to whoever reaches the address. */
  readonly tls?: MutualTlsFiles
}

/** That of dockerd's metrics. */
const usualPort = 9323

const tlsFields = ['certificate', 'key', 'clientAuthorities'] as const

/** Reads the section `metrics`; undefined after a problem was reported. */
export function readMetricsSettings(
  reader: NodeReader,
  { value, keyNode }: Entry,
): MetricsSettings | undefined {
  const section = reader.section(value, ['metrics'], ['listen', ...tlsFields])
  if (section === undefined) return undefined
  if (section.listen === undefined)
    return reader.problem(keyNode, ['metrics'], 'expected listen: where metrics are served')
  const place = readPlace(reader, section.listen.value, ['metrics', 'listen'], usualPort)
  const given = tlsFields.filter((name) => section[name] !== undefined)
  if (given.length > 0 && given.length < tlsFields.length)
    return reader.problem(keyNode, ['metrics'], `expected all of ${tlsFields.join(', ')}, or none`)
  const [certificate, key, clientAuthorities] = given.map((name) =>
    readPemPath(reader, section[name]?.value, ['metrics', name]),
  )
  if (place === undefined) return undefined
  if (certificate === undefined || key === undefined || clientAuthorities === undefined)
    return place
  return { ...place, tls: { certificate, key, clientAuthorities } }
}
