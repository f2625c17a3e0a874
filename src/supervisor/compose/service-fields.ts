import type { FieldPath } from '../../checked-yaml/problem.ts'
import { some } from '../../json/some.ts'
import type { ContainerFile } from '../containers/spec.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'
import { readAssignments } from './assignments.ts'
import type { ComposeFiles } from './compose-files.ts'
import { alsoOn, readDependsOn } from './depends-on.ts'
import { noDeployment, parseReplicas, readDeploy } from './deploy.ts'
import { parseDuration } from './duration.ts'
import { readEnvironmentFiles } from './environment-files.ts'
import { Fields } from './fields.ts'
import type { DeclaredFiles } from './file-sources.ts'
import { readGrantedFiles } from './granted-files.ts'
import { readHealthcheck } from './healthcheck.ts'
import { limitsKeys, readLimits } from './limits.ts'
import { readLogging } from './logging.ts'
import { namesKeys, readNames } from './names.ts'
import { namespaceKeys, readNamespaces, sharedServices } from './namespaces.ts'
import { type DeclaredNetworks, readMacAddress, readServiceNetworks } from './networks.ts'
import type { NodeReader } from './node-reader.ts'
import { parsePlatform } from './platform.ts'
import { parseExposed } from './ports.ts'
import { processKeys, readSurroundings } from './process.ts'
import { parsePullPolicy } from './pull-policy.ts'
import { refusedInServices } from './refused.ts'
import { replicasOf } from './replicas.ts'
import { readRights, rightsKeys } from './rights.ts'
import type { Service } from './service.ts'
import { readMounts } from './service-mounts.ts'
import { readPorts } from './service-ports.ts'
import { readContainerName, readImage, readRestart, readWords } from './service-values.ts'
import { parseSignal } from './signal.ts'
import type { DeclaredVolumes } from './volumes.ts'

export const serviceKeys = [
  'image',
  'command',
  'entrypoint',
  'environment',
  'ports',
  'expose',
  'volumes',
  'networks',
  'mac_address',
  'restart',
  'depends_on',
  'stop_signal',
  'stop_grace_period',
  'labels',
  'container_name',
  'healthcheck',
  'logging',
  'deploy',
  'scale',
  'env_file',
  'label_file',
  'annotations',
  'configs',
  'secrets',
  'platform',
  'pull_policy',
  'profiles',
  'attach',
  'develop',
  ...limitsKeys,
  ...namesKeys,
  ...namespaceKeys,
  ...processKeys,
  ...rightsKeys,
] as const

/** Where a service stands, and the services, volumes and networks that its file declares; what the release brings. */
export type ServicePlace = {
  readonly project: string
  readonly name: string
  readonly services: readonly string[]
  /** Services of profiles that are switched off. */
  readonly inactive: readonly string[]
  readonly volumes: DeclaredVolumes
  readonly networks: DeclaredNetworks
  readonly configs: DeclaredFiles
  readonly secrets: DeclaredFiles
  readonly releaseImages: ReleaseImages
  readonly files: ComposeFiles
}

/** Reads one entry of `services`: the containers that it asks for, none when it has problems. */
export function readService(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  place: ServicePlace,
): readonly Service[] {
  const section = reader.section(node, path, serviceKeys, refusedInServices)
  if (section === undefined) return []
  const fields = new Fields(reader, path, section)
  const image = fields.read('image', (...at) => readImage(...at, place.releaseImages))
  if (!fields.has('image')) reader.problem(node, path, 'the key image is missing')
  const containerName = fields.read('container_name', readContainerName)
  const deployment = fields.read('deploy', readDeploy) ?? noDeployment
  const replicas = fields.parsed('scale', 'a number', parseReplicas) ?? deployment.replicas ?? 1
  const surroundings = readSurroundings(fields, readAssignments)
  const namespaces = readNamespaces(fields, place.services, place.inactive)
  const fromFiles = (key: 'env_file' | 'label_file') =>
    fields.read(key, (...at) => readEnvironmentFiles(...at, place.files))
  const environment = {
    ...fromFiles('env_file'),
    ...fields.read('environment', readAssignments),
  }
  fields.parsed('platform', 'a platform', parsePlatform)
  const granted = readGranted(fields, place)
  const ports = fields.read('ports', (...at) => readPorts(...at, replicas)) ?? []
  const mounts = fields.read('volumes', (...at) => readMounts(...at, place)) ?? noMounts
  const service = {
    project: place.project,
    name: place.name,
    containerName: containerName ?? `${place.project}-${place.name}-1`,
    environment,
    ports: ports[0] ?? [],
    mounts: mounts.mounts,
    restart: fields.read('restart', readRestart) ??
      deployment.restart ?? { name: 'no', maximumRetryCount: 0 },
    labels: { ...fromFiles('label_file'), ...fields.read('labels', readAssignments) },
    limits: { ...deployment.limits, ...readLimits(fields) },
    ...some('pullPolicy', fields.parsed('pull_policy', 'a policy', parsePullPolicy)),
    ...some('updateOrder', deployment.updateOrder),
    ...some('updateMonitorMs', deployment.updateMonitorMs),
    ...some('command', fields.read('command', readWords)),
    ...some('entrypoint', fields.read('entrypoint', readWords)),
    ...alsoOn(
      sharedServices({ ...some('namespaces', namespaces) }),
      fields.read('depends_on', (...at) => readDependsOn(...at, place.services, place.inactive)),
    ),
    ...some('stopSignal', fields.parsed('stop_signal', 'a signal', parseSignal)),
    ...some('stopGracePeriodMs', fields.parsed('stop_grace_period', 'a duration', parseDuration)),
    ...some('exposedPorts', fields.texts('expose', 'a port', parseExposed)?.flat()),
    ...some('healthcheck', fields.read('healthcheck', readHealthcheck)),
    ...some('log', fields.read('logging', readLogging)),
    ...some('annotations', fields.read('annotations', readAssignments)),
    ...(granted.length === 0 ? {} : { files: granted }),
    ...readNames(fields),
    ...surroundings,
    ...some('namespaces', namespaces),
    ...some('tmpfs', together(surroundings.tmpfs, mounts.tmpfs)),
    ...readPlaces(fields, place, namespaces),
    ...readRights(fields, place.files),
  } as const
  const tmpfs = Object.keys(service.tmpfs ?? {})
  const targets = [...service.mounts, ...granted].map(({ target }) => target)
  const twice = [...targets, ...tmpfs].find((target, index, all) => all.indexOf(target) !== index)
  if (twice !== undefined)
    reader.problem(node, path, `two of its volumes, configs and secrets have the target ${twice}`)
  refuseOfOthers(fields, service)
  return image === undefined ? [] : replicasOf({ ...service, image }, replicas, ports, fields)
}

const noMounts = { mounts: [], tmpfs: {} }

function together(
  own: Readonly<Record<string, string>> | undefined,
  mounted: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  const all = { ...own, ...mounted }
  return own === undefined && Object.keys(all).length === 0 ? undefined : all
}

function readGranted(
  fields: Fields<'configs' | 'secrets'>,
  { configs, secrets }: ServicePlace,
): readonly ContainerFile[] {
  return [
    ...(fields.read('configs', (...at) => readGrantedFiles(...at, configs)) ?? []),
    ...(fields.read('secrets', (...at) => readGrantedFiles(...at, secrets)) ?? []),
  ]
}

/** What belongs to a network that is not its own. */
function refuseOfOthers(
  fields: Fields<'ports' | 'hostname' | 'dns' | 'dns_search' | 'dns_opt' | 'extra_hosts'>,
  { ports, namespaces }: Pick<Service, 'ports' | 'namespaces'>,
): void {
  const mode = namespaces?.network ?? ''
  const isShared = /^(?:service|container):/.test(mode)
  const refuse = (key: Parameters<typeof fields.problem>[0], what: string) =>
    fields.problem(key, `a service with network_mode ${mode} has no ${what} of its own`)
  if (ports.length > 0 && (isShared || mode === 'host' || mode === 'none')) refuse('ports', 'ports')
  if (!isShared) return
  if (fields.has('hostname')) refuse('hostname', 'host name')
  for (const key of ['dns', 'dns_search', 'dns_opt'] as const)
    if (fields.has(key)) refuse(key, 'name service')
  if (fields.has('extra_hosts')) refuse('extra_hosts', '/etc/hosts')
}

/** Where it is unless a network mode says it. As in Compose: on the default network, by its own name. */
function readPlaces(
  fields: Fields<'networks' | 'network_mode' | 'mac_address'>,
  { name, networks }: ServicePlace,
  namespaces: Service['namespaces'],
): Pick<Service, 'networks' | 'namespaces'> {
  const named = fields.read('networks', (...at) => readServiceNetworks(...at, networks)) ?? []
  const mac = fields.parsed('mac_address', 'a MAC address', readMacAddress)
  if (fields.has('network_mode')) {
    for (const key of ['networks', 'mac_address'] as const)
      if (fields.has(key)) fields.problem('network_mode', `it excludes ${key}`)
    return {}
  }
  const usual = networks.get('default')
  const wanted = named.length > 0 || usual === undefined ? named : [{ ...usual, aliases: [] }]
  const places = wanted.map((network) => ({
    ...network,
    aliases: [...new Set([name, ...network.aliases])],
  }))
  const [first, ...others] = places
  if (first === undefined) return {}
  if (mac !== undefined && (first.mac ?? mac) !== mac)
    fields.problem('mac_address', `its first network says ${first.mac}`)
  return {
    networks: [{ ...first, ...some('mac', first.mac ?? mac) }, ...others],
    namespaces: { ...namespaces, network: `network:${first.name}` },
  }
}
