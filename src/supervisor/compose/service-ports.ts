import type { FieldPath } from '../../checked-yaml/problem.ts'
import type { PortBinding } from '../containers/spec.ts'
import { readEach } from './each.ts'
import type { Entry, NodeReader } from './node-reader.ts'
import { parseHostIp, parsePort, parsePortsOfEach, parseProtocol } from './ports.ts'

export const portKeys = [
  'target',
  'published',
  'host_ip',
  'protocol',
  'name',
  'app_protocol',
  'mode',
] as const

/** The ports of each of several containers. */
export function readPorts(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  replicas: number,
): readonly (readonly PortBinding[])[] {
  const bindings = readEach(
    reader,
    node,
    path,
    (item, at): { each: PortBinding[][] } | undefined => {
      if (!reader.isMap(item)) {
        const each = reader.parsed(item, at, 'HOST_PORT:CONTAINER_PORT', (text) =>
          parsePortsOfEach(text, replicas),
        )
        return each && { each }
      }
      const port = reader.section(item, at, portKeys)
      if (port?.target === undefined || port.published === undefined)
        return reader.problem(item, at, 'expected both target and published')
      const field = <T>(entry: Entry, key: string, parse: (text: string) => T) =>
        reader.parsed(entry.value, [...at, key], 'a text', parse)
      const target = field(port.target, 'target', parsePort)
      const published = field(port.published, 'published', parsePort)
      const hostIp = (port.host_ip && field(port.host_ip, 'host_ip', parseHostIp)) ?? '0.0.0.0'
      const protocol = (port.protocol && field(port.protocol, 'protocol', parseProtocol)) ?? 'tcp'
      if (published !== undefined && replicas > 1)
        reader.problem(item, at, `${replicas} containers cannot have one port of the host`)
      return target === undefined || published === undefined
        ? undefined
        : { each: [[{ hostIp, hostPort: published, containerPort: target, protocol }]] }
    },
  )
  return Array.from({ length: Math.max(replicas, 1) }, (_, index) =>
    (bindings ?? []).flatMap(({ each }) => each[index] ?? []),
  )
}
