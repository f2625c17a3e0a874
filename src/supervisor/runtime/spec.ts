import type { Container } from '../containers/container.ts'
import { shortId } from '../containers/identity.ts'
import type { ContainerPaths } from '../directories.ts'
import { defaultCapabilities } from './capabilities.ts'
import { type Resources, resourcesOf } from './resources.ts'
import { defaultSeccompProfile, type SeccompProfile } from './seccomp.ts'
import type { ProcessUser } from './user.ts'

/** The part of the OCI runtime specification's config.json that we use. */
export type RuntimeSpec = {
  readonly ociVersion: string
  readonly hostname: string
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly process: {
    readonly terminal: boolean
    readonly user: { uid: number; gid: number; additionalGids: readonly number[]; umask: number }
    readonly args: readonly string[]
    readonly env: readonly string[]
    readonly cwd: string
    readonly capabilities: Readonly<Record<string, readonly string[]>>
    readonly noNewPrivileges: boolean
  }
  readonly mounts: readonly SpecMount[]
  readonly linux: {
    readonly cgroupsPath: string
    readonly namespaces: readonly { readonly type: string }[]
    readonly resources: Resources
    readonly seccomp: SeccompProfile
    readonly maskedPaths: readonly string[]
    readonly readonlyPaths: readonly string[]
    readonly rootfsPropagation: string
  }
}

export type SpecMount = {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

/** What is known of a container only when it is about to start. */
export type SpecSurroundings = {
  readonly paths: ContainerPaths
  readonly user: ProcessUser
  /** Path of the container's cgroup below the hierarchy's root. */
  readonly cgroupsPath: string
  /** Controllers that its cgroup can have. */
  readonly controllers: ReadonlySet<string>
  /** Where the volume of each mount is on the host, by volume name. */
  readonly volumePaths: ReadonlyMap<string, string>
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The runtime configuration of a container, with Docker's defaults; `warnings` name limits that cannot be applied. */
export function runtimeSpec(
  container: Container,
  { paths, user, cgroupsPath, controllers, volumePaths }: SpecSurroundings,
): { spec: RuntimeSpec; warnings: readonly string[] } {
  const { resources, warnings } = resourcesOf(container.service.limits, controllers)
  const hostname = shortId(container.id)
  const own = user.uid === 0 ? defaultCapabilities : []
  const spec: RuntimeSpec = {
    ociVersion: '1.0.2',
    hostname,
    root: { path: paths.rootfs, readonly: false },
    process: {
      terminal: false,
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids, umask: 0o022 },
      args: commandOf(container),
      env: environmentOf(container, { HOSTNAME: hostname, HOME: user.home }),
      cwd: container.image.config.WorkingDir || '/',
      capabilities: {
        bounding: defaultCapabilities,
        effective: own,
        permitted: own,
        inheritable: [],
        ambient: [],
      },
      noNewPrivileges: false,
    },
    mounts: mountsOf(container, paths, volumePaths),
    linux: {
      cgroupsPath,
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
      resources,
      seccomp: defaultSeccompProfile,
      maskedPaths,
      readonlyPaths,
      rootfsPropagation: rootfsPropagation(container),
    },
  }
  return { spec, warnings }
}

/** Entry point and command, as Docker puts them together; empty when nothing says what to run. */
export function commandOf({ service, image }: Pick<Container, 'service' | 'image'>): string[] {
  if (service.entrypoint !== undefined) return [...service.entrypoint, ...(service.command ?? [])]
  return [...(image.config.Entrypoint ?? []), ...(service.command ?? image.config.Cmd ?? [])]
}

/** The image's variables, then the service's, which win; the defaults only where both are silent. */
function environmentOf(container: Container, defaults: Readonly<Record<string, string>>): string[] {
  const environment = new Map(Object.entries({ PATH: defaultPath, ...defaults }))
  for (const assignment of container.image.config.Env ?? []) {
    const equals = assignment.indexOf('=')
    if (equals > 0) environment.set(assignment.slice(0, equals), assignment.slice(equals + 1))
  }
  for (const [name, value] of Object.entries(container.service.environment))
    environment.set(name, value)
  return [...environment].map(([name, value]) => `${name}=${value}`)
}

function mountsOf(
  container: Container,
  paths: ContainerPaths,
  volumePaths: ReadonlyMap<string, string>,
): SpecMount[] {
  const own = container.service.mounts.map((mount) => ({
    destination: mount.target,
    type: 'bind',
    source: mount.type === 'bind' ? mount.source : (volumePaths.get(mount.source) ?? ''),
    options: ['rbind', mount.readOnly ? 'ro' : 'rw', mount.propagation],
  }))
  const files = ['hosts', 'hostname', 'resolv.conf'].map((name) => ({
    destination: `/etc/${name}`,
    type: 'bind',
    source: `${paths.etc}/${name}`,
    options: ['rbind', 'rw', 'rprivate'],
  }))
  // A mount over a directory hides what was mounted below it before: parents first.
  const declared = own.toSorted((a, b) => depth(a.destination) - depth(b.destination))
  const targets = new Set(own.map(({ destination }) => destination))
  const defaults = [...defaultMounts, ...files]
  return [...defaults.filter(({ destination }) => !targets.has(destination)), ...declared]
}

function depth(path: string): number {
  return path.split('/').filter((name) => name !== '').length
}

/** A mount that receives from the host can do so only below a root that is at least a slave. */
function rootfsPropagation({ service }: Container): string {
  const wanted = service.mounts.map(({ propagation }) => propagation.replace(/^r/, ''))
  if (wanted.includes('shared')) return 'rshared'
  return wanted.includes('slave') ? 'rslave' : 'rprivate'
}

const defaultMounts: readonly SpecMount[] = [
  {
    destination: '/proc',
    type: 'proc',
    source: 'proc',
    options: ['nosuid', 'noexec', 'nodev'],
  },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  {
    destination: '/sys',
    type: 'sysfs',
    source: 'sysfs',
    options: ['nosuid', 'noexec', 'nodev', 'ro'],
  },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['ro', 'nosuid', 'noexec', 'nodev'],
  },
  {
    destination: '/dev/mqueue',
    type: 'mqueue',
    source: 'mqueue',
    options: ['nosuid', 'noexec', 'nodev'],
  },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
  },
]

const maskedPaths = [
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

const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
