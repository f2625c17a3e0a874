import type { FieldPath } from '../../checked-yaml/problem.ts'
import { isSlipwayError } from '../../errors/error.ts'
import { some } from '../../json/some.ts'
import type { ContainerMount, PortBinding, RestartPolicy } from '../containers/spec.ts'
import { resolveImage } from '../release-images/image-name.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'
import { readDependsOn } from './depends-on.ts'
import { parseDuration } from './duration.ts'
import { readEach } from './each.ts'
import { Fields } from './fields.ts'
import { readHealthcheck } from './healthcheck.ts'
import { limitsKeys, readLimits } from './limits.ts'
import { readLogging } from './logging.ts'
import { absolutePath, mountSource, parseMount, parsePropagation } from './mounts.ts'
import { namesKeys, readNames } from './names.ts'
import { type DeclaredNetworks, readServiceNetworks } from './networks.ts'
import type { Entry, NodeReader } from './node-reader.ts'
import { parseExposed, parseHostIp, parsePort, parsePorts, parseProtocol } from './ports.ts'
import { processKeys, readSurroundings } from './process.ts'
import { readRights, rightsKeys } from './rights.ts'
import type { Service } from './service.ts'
import { parseSignal } from './signal.ts'
import { splitWords } from './words.ts'

const known = [
  'image',
  'command',
  'entrypoint',
  'environment',
  'ports',
  'expose',
  'volumes',
  'networks',
  'restart',
  'depends_on',
  'stop_signal',
  'stop_grace_period',
  'labels',
  'container_name',
  'healthcheck',
  'logging',
  ...limitsKeys,
  ...namesKeys,
  ...processKeys,
  ...rightsKeys,
] as const

const refused = {
  build: 'images are not built on the host: push one to a registry and name it under image',
  env_file: 'not supported: write the variables under environment',
}

/** Where a service stands, and the services, volumes and networks that its file declares; what the release brings. */
export type ServicePlace = {
  readonly project: string
  readonly name: string
  readonly services: readonly string[]
  readonly volumes: readonly string[]
  readonly networks: DeclaredNetworks
  readonly releaseImages: ReleaseImages
}

/** Reads one entry of `services`; undefined when it is not even a map or has no image. */
export function readService(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  place: ServicePlace,
): Service | undefined {
  const section = reader.section(node, path, known, refused)
  if (section === undefined) return undefined
  const fields = new Fields(reader, path, section)
  const image = fields.read('image', (...at) => readImage(...at, place.releaseImages))
  if (!fields.has('image')) reader.problem(node, path, 'the key image is missing')
  const containerName = fields.read('container_name', readContainerName)
  const surroundings = readSurroundings(fields, readAssignments)
  const service = {
    project: place.project,
    name: place.name,
    containerName: containerName ?? `${place.project}-${place.name}-1`,
    environment: fields.read('environment', readAssignments) ?? {},
    ports: fields.read('ports', readPorts) ?? [],
    mounts: fields.read('volumes', (...at) => readMounts(...at, place)) ?? [],
    restart: fields.read('restart', readRestart) ?? { name: 'no', maximumRetryCount: 0 },
    labels: fields.read('labels', readAssignments) ?? {},
    limits: readLimits(fields),
    ...some('command', fields.read('command', readWords)),
    ...some('entrypoint', fields.read('entrypoint', readWords)),
    ...fields.read('depends_on', (...at) => readDependsOn(...at, place.services)),
    ...some('stopSignal', fields.parsed('stop_signal', 'a signal', parseSignal)),
    ...some('stopGracePeriodMs', fields.parsed('stop_grace_period', 'a duration', parseDuration)),
    ...some('exposedPorts', fields.texts('expose', 'a port', parseExposed)?.flat()),
    ...some('healthcheck', fields.read('healthcheck', readHealthcheck)),
    ...some('log', fields.read('logging', readLogging)),
    ...readNames(fields),
    ...surroundings,
    ...readPlaces(fields, place, surroundings.namespaces),
    ...readRights(fields),
  } as const
  if (service.ports.length > 0 && ['host', 'none'].includes(service.namespaces?.network ?? ''))
    fields.problem(
      'ports',
      `a service with network_mode ${service.namespaces?.network} has no ports of its own`,
    )
  return image === undefined ? undefined : { ...service, image }
}

/** Where it is unless a network mode says it. As in Compose: on the default network, by its own name. */
function readPlaces(
  fields: Fields<'networks' | 'network_mode'>,
  { name, networks }: ServicePlace,
  namespaces: Service['namespaces'],
): Pick<Service, 'networks' | 'namespaces'> {
  const named = fields.read('networks', (...at) => readServiceNetworks(...at, networks)) ?? []
  if (fields.has('network_mode')) {
    if (fields.has('networks')) fields.problem('network_mode', 'it excludes networks')
    return {}
  }
  const usual = networks.get('default')
  const wanted = named.length > 0 || usual === undefined ? named : [{ ...usual, aliases: [] }]
  const places = wanted.map((network) => ({
    ...network,
    aliases: [...new Set([name, ...network.aliases])],
  }))
  const [first] = places
  if (first === undefined) return {}
  return { networks: places, namespaces: { ...namespaces, network: `network:${first.name}` } }
}

function readImage(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  releaseImages: ReleaseImages,
): string | undefined {
  return reader.parsed(node, path, 'the name of an image', (text) => {
    try {
      return resolveImage(text, releaseImages)
    } catch (error) {
      if (!isSlipwayError(error)) throw error
      throw new RangeError(error.message)
    }
  })
}

function readContainerName(reader: NodeReader, node: unknown, path: FieldPath): string | undefined {
  return reader.parsed(node, path, 'a name', (text) => {
    if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(text)) return text
    throw new RangeError(
      `expected two or more letters, digits, _ . -, beginning with a letter or digit, found "${text}"`,
    )
  })
}

function readWords(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): readonly string[] | undefined {
  // `command:` without a value keeps what the image says, as in the Compose specification.
  if (reader.isNothing(node)) return undefined
  if (!reader.isList(node)) return reader.parsed(node, path, 'a text or a list', splitWords)
  return readEach(reader, node, path, (item, at) => reader.text(item, at, 'a text'))
}

/** A map, or a list of `NAME=value`. */
function readAssignments(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): Record<string, string> | undefined {
  const assignments: [string, string][] = []
  if (reader.isList(node)) {
    readEach(reader, node, path, (item, at) => {
      const text = reader.text(item, at, 'NAME=value')
      if (text === undefined) return undefined
      const equals = text.indexOf('=')
      if (equals > 0) assignments.push([text.slice(0, equals), text.slice(equals + 1)])
      else if (path.at(-1) === 'labels' && equals < 0) assignments.push([text, ''])
      else reader.problem(item, at, `expected NAME=value, found "${text}"`)
      return undefined
    })
    return Object.fromEntries(assignments)
  }
  for (const { key, keyNode, value } of reader.entries(node, path) ?? []) {
    const at = [...path, key]
    if (key === '' || key.includes('=') || key.includes('\0'))
      reader.problem(keyNode, at, 'a name is not empty and has no "="')
    if (reader.isNothing(value)) {
      reader.problem(
        keyNode,
        at,
        'expected a value: the host has no environment to take it from; write "" for an empty one',
      )
      continue
    }
    const text = reader.text(value, at, 'a text')
    if (text !== undefined) assignments.push([key, text])
  }
  return Object.fromEntries(assignments)
}

function readPorts(reader: NodeReader, node: unknown, path: FieldPath): readonly PortBinding[] {
  const bindings = readEach(reader, node, path, (item, at) => {
    if (!reader.isMap(item)) return reader.parsed(item, at, 'HOST_PORT:CONTAINER_PORT', parsePorts)
    const port = reader.section(item, at, ['target', 'published', 'host_ip', 'protocol'])
    if (port?.target === undefined || port.published === undefined)
      return reader.problem(item, at, 'expected both target and published')
    const field = <T>(entry: Entry, key: string, parse: (text: string) => T) =>
      reader.parsed(entry.value, [...at, key], 'a text', parse)
    const target = field(port.target, 'target', parsePort)
    const published = field(port.published, 'published', parsePort)
    const hostIp = (port.host_ip && field(port.host_ip, 'host_ip', parseHostIp)) ?? '0.0.0.0'
    const protocol = (port.protocol && field(port.protocol, 'protocol', parseProtocol)) ?? 'tcp'
    return target === undefined || published === undefined
      ? undefined
      : [{ hostIp, hostPort: published, containerPort: target, protocol }]
  })
  return bindings?.flat() ?? []
}

function readMounts(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  names: ServicePlace,
): readonly ContainerMount[] {
  const mounts = readEach(reader, node, path, (item, at) => {
    if (!reader.isMap(item))
      return reader.parsed(item, at, 'SOURCE:TARGET', (text) => parseMount(text, names))
    const mount = reader.section(item, at, ['type', 'source', 'target', 'read_only', 'bind'])
    if (mount?.source === undefined || mount.target === undefined)
      return reader.problem(item, at, 'expected both source and target')
    const field = <T>(entry: Entry, key: string, parse: (text: string) => T) =>
      reader.parsed(entry.value, [...at, key], 'a text', parse)
    const source = field(mount.source, 'source', (text) => mountSource(text, names))
    const target = field(mount.target, 'target', absolutePath)
    const type = mount.type && field(mount.type, 'type', String)
    if (mount.type !== undefined && source !== undefined && type !== source.type)
      reader.problem(mount.type.value, [...at, 'type'], `expected ${source.type} for this source`)
    const bind = mount.bind && reader.section(mount.bind.value, [...at, 'bind'], ['propagation'])
    const propagation = bind?.propagation && field(bind.propagation, 'bind', parsePropagation)
    const readOnly = mount.read_only && reader.boolean(mount.read_only.value, [...at, 'read_only'])
    return source === undefined || target === undefined
      ? undefined
      : {
          ...source,
          target,
          readOnly: readOnly ?? false,
          propagation: propagation ?? ('rprivate' as const),
        }
  })
  const targets = new Set<string>()
  for (const { target } of mounts ?? []) {
    if (targets.has(target)) reader.problem(node, path, `two volumes have the target ${target}`)
    targets.add(target)
  }
  return mounts ?? []
}

function readRestart(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): RestartPolicy | undefined {
  return reader.parsed(node, path, 'a restart policy', (text) => {
    const [name, count] = text.split(/:(.*)/s)
    if (name === 'on-failure' && (count === undefined || /^\d+$/.test(count)))
      return { name, maximumRetryCount: Number(count ?? 0) }
    if (count === undefined && (name === 'always' || name === 'unless-stopped' || name === 'no'))
      return { name, maximumRetryCount: 0 }
    throw new RangeError(
      `expected "no", always, on-failure, on-failure:COUNT or unless-stopped, found "${text}"`,
    )
  })
}
