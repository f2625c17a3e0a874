import { hostname as hostName } from 'node:os'
import { some } from '../../json/some.ts'
import type { Container } from '../containers/container.ts'
import { shortId } from '../containers/identity.ts'
import type { Ulimit } from '../containers/spec.ts'
import { seccompOf } from '../seccomp/choice.ts'
import type { SeccompProfile } from '../seccomp/oci-profile.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { DeviceNode, Devices } from './devices.ts'
import { initMount, withInit } from './init.ts'
import type { DeviceNumber } from './io-resources.ts'
import { type MountSurroundings, mountsOf, rootfsPropagation, type SpecMount } from './mounts.ts'
import { namespacesOf, type SpecNamespace, sharedWith } from './namespaces.ts'
import { type Resources, resourcesOf } from './resources.ts'
import type { ProcessUser } from './user.ts'

/** The part of the OCI runtime specification's config.json that we use. */
export type RuntimeSpec = {
  readonly ociVersion: string
  /** Absent where the namespace is another's, which must keep its own. */
  readonly hostname?: string
  readonly domainname?: string
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly process: ProcessSpec
  readonly mounts: readonly SpecMount[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly linux: {
    readonly cgroupsPath: string
    readonly namespaces: readonly SpecNamespace[]
    readonly resources: Resources
    readonly devices: readonly DeviceNode[]
    readonly sysctl: Readonly<Record<string, string>>
    readonly seccomp?: SeccompProfile
    readonly maskedPaths: readonly string[]
    readonly readonlyPaths: readonly string[]
    readonly rootfsPropagation: string
  }
}

/** A process in a container; what `crun exec --process` reads has the same form. */
export type ProcessSpec = {
  readonly terminal: boolean
  readonly user: { uid: number; gid: number; additionalGids: readonly number[]; umask: number }
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
  readonly capabilities: Readonly<Record<string, readonly string[]>>
  readonly rlimits: readonly {
    readonly type: string
    readonly soft: number
    readonly hard: number
  }[]
  readonly noNewPrivileges: boolean
  readonly oomScoreAdj: number
  readonly apparmorProfile?: string
}

/** What is known of a container only when it is about to start. */
export type SpecSurroundings = MountSurroundings & {
  readonly user: ProcessUser
  /** Path of the container's cgroup below the hierarchy's root. */
  readonly cgroupsPath: string
  /** Controllers that its cgroup can have. */
  readonly controllers: ReadonlySet<string>
  readonly devices: Devices
  /** Disks that have limits; see `disksOf`. */
  readonly disks?: ReadonlyMap<string, DeviceNumber>
  /** The init program on the host, for a container that has one. */
  readonly initProgram?: string | undefined
  /** See the function of this name. */
  readonly ownCapabilities: ReadonlySet<string>
  /** Such as `6.12.43+deb13-cloud-amd64`. */
  readonly kernelRelease: string
  /** The AppArmor profile that its processes are started under. */
  readonly apparmorProfile?: string | undefined
  /** What its networks need, before its own. */
  readonly sysctls: Readonly<Record<string, string>>
  /** Its network namespace, if that was made before. */
  readonly netns?: string | undefined
  /** Its user namespace, if it has one of its own. */
  readonly userns?: string | undefined
}

/** What is looked up for each process of a container. */
export type ProcessSurroundings = Pick<
  SpecSurroundings,
  'user' | 'ownCapabilities' | 'apparmorProfile'
>

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The runtime configuration of a container, with Docker's defaults; `warnings` name limits that cannot be applied. */
export function runtimeSpec(
  container: Container,
  {
    user,
    cgroupsPath,
    controllers,
    devices,
    disks,
    initProgram,
    ...surroundings
  }: SpecSurroundings,
): { spec: RuntimeSpec; warnings: readonly string[] } {
  const { spec: wanted } = container
  const { resources, warnings } = resourcesOf(wanted.limits, {
    controllers,
    deviceRules: devices.rules,
    ...some('disks', disks),
  })
  const privileged = wanted.security?.privileged === true
  const capabilities = capabilitiesOf(wanted.security, surroundings.ownCapabilities)
  const spec: RuntimeSpec = {
    ociVersion: '1.0.2',
    ...names(container),
    root: {
      path: surroundings.paths.rootfs,
      readonly: wanted.security?.readOnlyRoot === true,
    },
    process: {
      ...processBasics(container, { user, ...surroundings }),
      terminal: wanted.terminal === true,
      args: initProgram === undefined ? commandOf(container) : withInit(commandOf(container)),
      env: environmentOf(container, user.home),
      cwd: workingDirectoryOf(container),
    },
    mounts: [
      ...mountsOf(container, surroundings),
      ...(initProgram === undefined ? [] : [initMount(initProgram)]),
    ],
    ...(wanted.annotations === undefined ? {} : { annotations: wanted.annotations }),
    linux: {
      cgroupsPath,
      namespaces: namespacesOf(container, surroundings.pids, surroundings),
      resources,
      devices: devices.nodes,
      sysctl: { ...surroundings.sysctls, ...sysctlsOf(container) },
      ...some('seccomp', seccompOf(wanted.security, capabilities, surroundings.kernelRelease)),
      maskedPaths: wanted.security?.maskedPaths ?? (privileged ? [] : maskedPaths),
      readonlyPaths: wanted.security?.readOnlyPaths ?? (privileged ? [] : readonlyPaths),
      rootfsPropagation: rootfsPropagation(wanted.mounts),
    },
  }
  return { spec, warnings }
}

/** What the first process and those that join it later have in common. */
export function processBasics(
  { spec }: Pick<Container, 'spec'>,
  { user, ownCapabilities, apparmorProfile }: ProcessSurroundings,
  privileged = false,
): Omit<ProcessSpec, 'terminal' | 'args' | 'env' | 'cwd'> {
  const { security, ulimits = [] } = spec
  const bounding = capabilitiesOf(
    privileged && security !== undefined ? { ...security, privileged } : security,
    ownCapabilities,
  )
  const own = user.uid === 0 ? bounding : []
  return {
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids, umask: 0o022 },
    capabilities: { bounding, effective: own, permitted: own, inheritable: [], ambient: [] },
    rlimits: ulimits.map(rlimit),
    noNewPrivileges: security?.noNewPrivileges === true,
    // The supervisor's own, which is hardly ever killed, would pass on otherwise.
    oomScoreAdj: spec.oomScoreAdjustment ?? 0,
    ...some('apparmorProfile', apparmorProfile),
  }
}

/** Entry point and command, as Docker puts them together; empty when nothing says what to run. */
export function commandOf({ spec, image }: Pick<Container, 'spec' | 'image'>): string[] {
  if (spec.entrypoint !== undefined) return [...spec.entrypoint, ...(spec.command ?? [])]
  return [...(image.config.Entrypoint ?? []), ...(spec.command ?? image.config.Cmd ?? [])]
}

export function workingDirectoryOf({ spec, image }: Pick<Container, 'spec' | 'image'>): string {
  return spec.workingDirectory ?? (image.config.WorkingDir || '/')
}

/** The host name that a container sees. */
export function hostnameOf({ id, spec }: Pick<Container, 'id' | 'spec'>): string {
  const { network, uts } = spec.namespaces ?? {}
  const ofHost = network === 'host' || uts === 'host'
  return spec.hostname ?? (ofHost ? hostName() : shortId(id))
}

/** The image's variables, then its own, which win; the defaults only where both are silent. */
export function environmentOf(
  container: Pick<Container, 'id' | 'spec' | 'image'>,
  home: string,
): string[] {
  const { spec, image } = container
  const environment = new Map([
    ['PATH', defaultPath],
    ['HOSTNAME', hostnameOf(container)],
    ...(spec.terminal === true ? ([['TERM', 'xterm']] as const) : []),
    ['HOME', home],
  ])
  for (const assignment of [...(image.config.Env ?? []), ...spec.environment]) {
    const equals = assignment.indexOf('=')
    if (equals > 0) environment.set(assignment.slice(0, equals), assignment.slice(equals + 1))
    else if (equals < 0) environment.delete(assignment)
  }
  return [...environment].map(([name, value]) => `${name}=${value}`)
}

function names(container: Container): Pick<RuntimeSpec, 'hostname' | 'domainname'> {
  const { namespaces, domainname } = container.spec
  if (namespaces?.uts === 'host' || sharedWith(namespaces?.network) !== undefined) return {}
  return {
    hostname: hostnameOf(container),
    ...(domainname === undefined ? {} : { domainname }),
  }
}

function rlimit({ name, soft, hard }: Ulimit): ProcessSpec['rlimits'][number] {
  return { type: `RLIMIT_${name.toUpperCase()}`, soft, hard }
}

/** As in Docker, low ports and ping need no capability in a network of the container's own. */
function sysctlsOf({ spec, userNamespace }: Container): Readonly<Record<string, string>> {
  const { network = 'bridge' } = spec.namespaces ?? {}
  const usual =
    network === 'bridge' || network === 'none' || network.startsWith('network:')
      ? {
          'net.ipv4.ip_unprivileged_port_start': '0',
          // Of groups that there are.
          'net.ipv4.ping_group_range': `0 ${(userNamespace?.count ?? 2 ** 31) - 1}`,
        }
      : {}
  return { ...usual, ...spec.sysctls }
}

/** What a container sees nothing in. */
export const maskedPaths: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]

/** What a container cannot write to. */
export const readonlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
]
