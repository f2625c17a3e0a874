import { isIPv4, isIPv6 } from 'node:net'
import type { PortBinding } from '../containers/spec.ts'

const shape = '[ADDRESS:]HOST_PORT:CONTAINER_PORT[/tcp|udp]'

/**
 * Compose's short syntax, `[[ip:]host[-range]:]container[-range][/protocol]`, as one binding for
 * each port. A host port is required: one that is picked at random helps nobody on a host whose
 * containers are declared. Throws a RangeError.
 */
export function parsePorts(text: string): PortBinding[] {
  const [, ports = '', protocolText = 'tcp'] = /^([^/]*)(?:\/(.*))?$/.exec(text) ?? []
  const protocol = parseProtocol(protocolText)
  const [, bracketed, plain, host, container] =
    /^(?:(?:\[([^\]]*)\]|([\d.]+)):)?([\d-]+):([\d-]+)$/.exec(ports) ?? []
  if (host === undefined || container === undefined)
    throw new RangeError(
      /^[\d-]+$/.test(ports)
        ? `the port of the host is missing: expected ${shape}, found "${text}"`
        : `expected ${shape}, found "${text}"`,
    )
  const hostIp = parseHostIp(bracketed ?? plain ?? '0.0.0.0')
  const hostPorts = parseRange(host, text)
  const containerPorts = parseRange(container, text)
  if (hostPorts.length !== containerPorts.length)
    throw new RangeError(`both ranges must have the same length, found "${text}"`)
  return containerPorts.map((containerPort, index) => ({
    hostIp,
    hostPort: hostPorts[index] ?? 0,
    containerPort,
    protocol,
  }))
}

/**
 * As `parsePorts` for each of several containers: a range of the host's ports for one port of theirs
 * has one for each. Throws a RangeError.
 */
export function parsePortsOfEach(text: string, replicas: number): PortBinding[][] {
  const [, before = '', range = '', containerPort = ''] =
    /^(.*:)?(\d+-\d+):(\d+(?:\/.*)?)$/.exec(text) ?? []
  if (replicas === 1) return [parsePorts(text)]
  if (containerPort === '')
    throw new RangeError(
      `${replicas} containers cannot have one port of the host: expected a range with one for each, such as 8080-${8079 + replicas}:80, found "${text}"`,
    )
  const hostPorts = parseRange(range, text)
  if (hostPorts.length < replicas)
    throw new RangeError(`expected a port of the host for each of ${replicas}, found "${text}"`)
  return hostPorts
    .slice(0, replicas)
    .map((hostPort) => parsePorts(`${before}${hostPort}:${containerPort}`))
}

/** Ports that a container says to serve, such as `80` or `8000-8010/udp`; throws a RangeError. */
export function parseExposed(text: string): string[] {
  const [, range = '', protocol = 'tcp'] = /^([^/]*)(?:\/(.*))?$/.exec(text) ?? []
  return parseRange(range, text).map((port) => `${port}/${parseProtocol(protocol)}`)
}

/** A port number; throws a RangeError. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port
  throw new RangeError(`expected a port from 1 to 65535, found "${text}"`)
}

/** A protocol that can be published; throws a RangeError. */
export function parseProtocol(text: string): PortBinding['protocol'] {
  if (text === 'tcp' || text === 'udp') return text
  throw new RangeError(`expected tcp or udp as protocol, found "${text}"`)
}

/** An address of the host; throws a RangeError. */
export function parseHostIp(text: string): string {
  if (isIPv4(text)) return text
  if (isIPv6(text))
    throw new RangeError(`the container network has IPv4 only, found the address "${text}"`)
  throw new RangeError(`expected an IPv4 address of the host, found "${text}"`)
}

function parseRange(text: string, whole: string): number[] {
  const [first = '', last = first, ...more] = text.split('-')
  const from = parsePort(first)
  const to = parsePort(last)
  if (to < from || more.length > 0)
    throw new RangeError(`expected a range such as 8000-8010, found "${whole}"`)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
