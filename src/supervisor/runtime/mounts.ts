import type { Container } from '../containers/container.ts'
import type { ContainerMount, ContainerSpec } from '../containers/spec.ts'
import type { ContainerPaths } from '../directories.ts'
import { mountIdMappings, type SpecIdMapping } from '../user-namespaces/id-mapping.ts'
import { sharedMemoryMounts } from './shared-memory.ts'

export type SpecMount = {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
  /** What ids on the disk are to be by this mount. */
  readonly uidMappings?: readonly SpecIdMapping[]
  readonly gidMappings?: readonly SpecIdMapping[]
}

/** What mounts depend on that is known only at the start. */
export type MountSurroundings = {
  readonly paths: ContainerPaths
  /** Where the volume of each mount is on the host, by volume name. */
  readonly volumePaths: ReadonlyMap<string, string>
  /** First processes of containers that it shares namespaces with, by their ids. */
  readonly pids: ReadonlyMap<string, number>
  /** See `sharedMemoryOf`. */
  readonly sharedMemory?: string | undefined
}

/** The mounts of a container: Docker's, those of /etc, and its own in place of either. */
export function mountsOf(
  { spec, userNamespace }: Pick<Container, 'spec' | 'userNamespace'>,
  { paths, volumePaths, sharedMemory }: MountSurroundings,
): SpecMount[] {
  const mappings = userNamespace && mountIdMappings(userNamespace)
  // What is the container's own has its ids on the disk; what is the host's, as in Docker, the host's.
  const own = mappings === undefined ? {} : { uidMappings: mappings, gidMappings: mappings }
  const asked = [
    ...spec.mounts.map((mount) => ({
      destination: mount.target,
      type: 'bind',
      source: mount.type === 'bind' ? mount.source : (volumePaths.get(mount.source) ?? ''),
      options: ['rbind', mount.readOnly ? 'ro' : 'rw', mount.propagation],
      ...(mount.type === 'volume' ? own : {}),
    })),
    ...Object.entries(spec.tmpfs ?? {}).map(([destination, options]) => ({
      destination,
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'nodev', 'noexec', ...options.split(',').filter(Boolean)],
    })),
    ...(spec.files ?? []).map(({ target }, index) => ({
      destination: target,
      type: 'bind',
      source: `${paths.files}/${index}`,
      options: ['bind', 'ro', 'nosuid', 'nodev', 'rprivate'],
      ...own,
    })),
  ]
  const files = ['hosts', 'hostname', 'resolv.conf'].map((name) => ({
    destination: `/etc/${name}`,
    type: 'bind',
    source: `${paths.etc}/${name}`,
    options: ['rbind', 'rw', 'rprivate'],
    ...own,
  }))
  // A mount over a directory hides what was mounted below it before: parents first.
  const declared = asked.toSorted((a, b) => depth(a.destination) - depth(b.destination))
  const targets = new Set(asked.map(({ destination }) => destination))
  const defaults = [...usualMounts(spec, sharedMemory), ...files]
  return [...defaults.filter(({ destination }) => !targets.has(destination)), ...declared]
}

/** A mount that receives from the host can do so only below a root that is at least a slave. */
export function rootfsPropagation(mounts: readonly ContainerMount[]): string {
  const wanted = mounts.map(({ propagation }) => propagation.replace(/^r/, ''))
  if (wanted.includes('shared')) return 'rshared'
  return wanted.includes('slave') ? 'rslave' : 'rprivate'
}

function depth(path: string): number {
  return path.split('/').filter((name) => name !== '').length
}

function usualMounts(spec: ContainerSpec, sharedMemory: string | undefined): SpecMount[] {
  const access = spec.security?.privileged === true ? 'rw' : 'ro'
  const ipc = spec.namespaces?.ipc
  const hostNetwork = spec.namespaces?.network === 'host'
  return [
    ...basicMounts,
    // The kernel lets sysfs be mounted only by who owns the network namespace.
    hostNetwork
      ? {
          destination: '/sys',
          type: 'bind',
          source: '/sys',
          options: ['rbind', 'nosuid', 'noexec', 'nodev', access],
        }
      : {
          destination: '/sys',
          type: 'sysfs',
          source: 'sysfs',
          options: ['nosuid', 'noexec', 'nodev', access],
        },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: [access, 'nosuid', 'noexec', 'nodev'],
    },
    ...messageQueues(ipc),
    ...sharedMemoryMounts(spec, sharedMemory),
  ]
}

function messageQueues(ipc: string | undefined): SpecMount[] {
  const destination = '/dev/mqueue'
  if (ipc === 'host')
    return [{ destination, type: 'bind', source: destination, options: ['rbind'] }]
  const options = ['nosuid', 'noexec', 'nodev']
  return [{ destination, type: 'mqueue', source: 'mqueue', options }]
}

const basicMounts: readonly SpecMount[] = [
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
]
