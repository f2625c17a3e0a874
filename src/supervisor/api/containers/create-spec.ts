import { some } from '../../../json/some.ts'
import { parseSignal } from '../../compose/signal.ts'
import type { ContainerSpec, Healthcheck } from '../../containers/spec.ts'
import type { ContainerDefaults } from '../../images/types.ts'
import { Fields, invalid } from '../fields.ts'
import { type EndpointFields, endpointFields, macAddress } from '../networks/endpoint-fields.ts'
import { namespacesOf, portsOf, restartOf, securityOf } from './host-config.ts'
import { limitsOf } from './limits.ts'
import { logOf } from './log-config.ts'
import { type MountsOfOther, mountsOf } from './mounts.ts'
import { devicesOf, ulimitsOf } from './resources.ts'

/** What a create request asks for; names of other containers and of networks are still to be looked up. */
export type CreateRequest = {
  readonly spec: ContainerSpec
  /** What it asks for on networks, by their names; the first is where it is by its network mode. */
  readonly endpoints: ReadonlyMap<string, EndpointFields>
  readonly warnings: readonly string[]
}

/**
 * Translates the body of `POST /containers/create`: Docker's Config with HostConfig and
 * NetworkingConfig in it. Throws SLIPWAY_ENGINE_INVALID, and SLIPWAY_ENGINE_UNSUPPORTED by name for
 * what this host cannot do.
 */
export function createSpec(
  body: unknown,
  image: ContainerDefaults,
  mountsOfOther: MountsOfOther,
): CreateRequest {
  const config = new Fields(body, '')
  const host = config.object('HostConfig')
  const warnings: string[] = []
  refuseTheRest(config, host)
  const stdin = config.flag('OpenStdin') ? { once: config.flag('StdinOnce') } : undefined
  const command = config.words('Cmd')
  const entrypoint = config.words('Entrypoint')
  const security = securityOf(host, warnings)
  const { mounts, tmpfs } = mountsOf(config, host, image, mountsOfOther)
  const shared = host.count('ShmSize')
  const oomScore = host.number('OomScoreAdj')
  const stopTimeout = config.raw('StopTimeout')
  const spec: ContainerSpec = {
    image: config.text('Image') ?? '',
    environment: config.texts('Env'),
    labels: config.textMap('Labels'),
    ports: portsOf(config, host, image),
    exposedPorts: config.keysOf('ExposedPorts'),
    mounts,
    tmpfs,
    volumesFrom: host.texts('VolumesFrom'),
    restart: restartOf(host),
    autoRemove: host.flag('AutoRemove'),
    limits: limitsOf(host),
    terminal: config.flag('Tty'),
    attached: (['stdin', 'stdout', 'stderr'] as const).filter((name) =>
      config.flag(`Attach${name[0]?.toUpperCase()}${name.slice(1)}`),
    ),
    log: logOf(host),
    namespaces: namespacesOf(host),
    security,
    extraHosts: host.texts('ExtraHosts').map(extraHost),
    additionalGroups: host.texts('GroupAdd'),
    ulimits: ulimitsOf(host),
    sysctls: host.textMap('Sysctls'),
    devices: devicesOf(host),
    dns: {
      servers: host.texts('Dns'),
      search: host.texts('DnsSearch'),
      options: host.texts('DnsOptions'),
    },
    ...(command === undefined || command.length === 0 ? {} : { command }),
    ...(entrypoint === undefined ? {} : { entrypoint: entrypointOf(entrypoint) }),
    ...(stdin === undefined ? {} : { stdin }),
    ...some('init', initOf(host)),
    ...some('user', config.text('User')),
    ...some('workingDirectory', workingDirectory(config)),
    ...some('hostname', config.text('Hostname')),
    ...some('domainname', config.text('Domainname')),
    ...some('stopSignal', signal(config.text('StopSignal'))),
    ...(typeof stopTimeout === 'number' ? { stopGraceMs: stopTimeout * 1000 } : {}),
    ...(config.raw('Healthcheck') === undefined || config.raw('Healthcheck') === null
      ? {}
      : { healthcheck: healthcheck(config.object('Healthcheck')) }),
    ...(shared === undefined ? {} : { sharedMemoryBytes: shared }),
    ...(oomScore === undefined ? {} : { oomScoreAdjustment: oomScore }),
  }
  if (spec.autoRemove === true && spec.restart.name !== 'no')
    throw invalid("can't create 'AutoRemove' container with restart policy")
  return { spec, endpoints: endpointsOf(config, spec), warnings }
}

function endpointsOf(
  config: Fields,
  { namespaces }: ContainerSpec,
): ReadonlyMap<string, EndpointFields> {
  const mode = namespaces?.network ?? 'bridge'
  const first = mode.replace(/^network:/, '')
  const mac = macAddress(config.text('MacAddress'))
  const asked = new Map(
    config
      .object('NetworkingConfig')
      .objectsByName('EndpointsConfig')
      .map(([name, fields]) => [name === 'default' ? 'bridge' : name, endpointFields(fields)]),
  )
  if (mode === 'none' || mode === 'host' || mode.startsWith('container:')) {
    const other = [...asked.keys()].find((name) => name !== mode)
    if (other !== undefined)
      throw invalid(
        'conflicting options: cannot attach both user-defined and non-user-defined network-modes',
      )
    return new Map()
  }
  const { aliases = [], chosen = {} } = asked.get(first) ?? {}
  asked.delete(first)
  return new Map([
    [first, { aliases, chosen: { ...some('mac', mac), ...chosen } }],
    ...asked.entries(),
  ])
}

/** `docker run --entrypoint ''` sends one empty word, for no entry point at all. */
function entrypointOf(words: readonly string[]): readonly string[] {
  return words.length === 1 && words[0] === '' ? [] : words
}

/** Not said is not the same as no: `docker inspect` tells them apart. */
function initOf(host: Fields): boolean | undefined {
  const init = host.raw('Init')
  return init === undefined || init === null ? undefined : host.flag('Init')
}

function workingDirectory(config: Fields): string | undefined {
  const path = config.text('WorkingDir')
  if (path !== undefined && !path.startsWith('/'))
    throw invalid(`the working directory '${path}' is invalid, it needs to be an absolute path`)
  return path
}

function signal(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return parseSignal(text)
  } catch {
    throw invalid(`invalid signal: ${text}`)
  }
}

function extraHost(text: string): string {
  if (/^[^:]+:.+$/.test(text)) return text
  throw invalid(`invalid ExtraHosts entry ${text}: expected NAME:ADDRESS`)
}

function healthcheck(fields: Fields): Healthcheck {
  const test = fields.texts('Test')
  return {
    ...(test.length === 0 ? {} : { Test: test }),
    ...some('Interval', fields.count('Interval')),
    ...some('Timeout', fields.count('Timeout')),
    ...some('StartPeriod', fields.count('StartPeriod')),
    ...some('StartInterval', fields.count('StartInterval')),
    ...some('Retries', fields.count('Retries')),
  }
}

/** What nothing on this host carries out: to go on without it would be another container. */
function refuseTheRest(config: Fields, host: Fields): void {
  config.refuse('NetworkDisabled', 'use the network mode none')
  host.refuse('Links', 'use a network with names')
  host.refuse('VolumeDriver', 'there is only the local driver')
  host.refuse('StorageOpt', 'the size of a container is not limited')
  host.refuse('DeviceCgroupRules', 'name the devices one by one')
  host.refuse('DeviceRequests', 'there are no device drivers such as those for GPUs')
  host.refuse('CgroupParent', 'the host has cgroups of its own')
  host.refuse('Cgroup', 'the host has cgroups of its own')
  host.refuse('CpuRealtimePeriod', 'the kernel has no real-time groups')
  host.refuse('CpuRealtimeRuntime', 'the kernel has no real-time groups')
  host.refuse('OomKillDisable', 'cgroup v2 cannot')
  const runtime = host.text('Runtime')
  if (runtime !== undefined && !['crun', 'runc'].includes(runtime))
    throw invalid(`unknown or invalid runtime name: ${runtime}`)
  const isolation = host.text('Isolation')
  if (isolation !== undefined && isolation !== 'default')
    throw invalid(`invalid isolation: ${isolation}`)
}
