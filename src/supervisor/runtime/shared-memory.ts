import { mkdir } from 'node:fs/promises'
import { engineErrors } from '../../errors/engine.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerSpec } from '../containers/spec.ts'
import { type ContainerPaths, containerPaths, type Directories } from '../directories.ts'
import type { SpecMount } from './mounts.ts'
import { sharedWith } from './namespaces.ts'
import { isMounted } from './overlay.ts'
import { runProgram } from './programs.ts'

const destination = '/dev/shm'
const defaultBytes = 64 * 1024 * 1024
const usualOptions = ['nosuid', 'noexec', 'nodev']

/**
 * Where the shared memory of a container is on the host, if it is not its own alone. A mount of another
 * container's mount namespace cannot be bound: so that of a shareable one is the host's.
 */
export function sharedMemoryOf(
  { id, spec }: Pick<Container, 'id' | 'spec'>,
  directories: Directories,
): string | undefined {
  const ipc = spec.namespaces?.ipc
  const holder = ipc === 'shareable' ? id : sharedWith(ipc)
  return holder === undefined ? undefined : containerPaths(directories, holder).sharedMemory
}

/**
 * Mounts the shared memory of a container that lets others have it. Throws SLIPWAY_ENGINE_IPC_NOT_SHAREABLE
 * for one that wants that of a container which does not.
 */
export async function prepareSharedMemory(
  container: Container,
  { sharedMemory }: ContainerPaths,
  directories: Directories,
): Promise<void> {
  const { spec } = container
  if (spec.namespaces?.ipc === 'shareable') {
    await mkdir(sharedMemory, { recursive: true })
    const { userNamespace } = container
    const owner =
      userNamespace === undefined
        ? []
        : [`uid=${userNamespace.firstId}`, `gid=${userNamespace.firstId}`]
    const options = ['-o', [...tmpfsOptions(spec), ...owner].join(',')]
    await runProgram('mount', ['-t', 'tmpfs', 'shm', sharedMemory, ...options])
    return
  }
  const holder = sharedWith(spec.namespaces?.ipc)
  const wanted = sharedMemoryOf(container, directories)
  if (holder === undefined || wanted === undefined || hasOwn(spec)) return
  if (!(await isMounted(wanted)))
    throw engineErrors.error('SLIPWAY_ENGINE_IPC_NOT_SHAREABLE', { id: holder })
}

/** POSIX shared memory is files: who shares the namespace shares the directory. */
export function sharedMemoryMounts(
  spec: ContainerSpec,
  sharedMemory: string | undefined,
): SpecMount[] {
  const ipc = spec.namespaces?.ipc
  if (ipc === 'none') return []
  if (ipc === 'host')
    return [{ destination, type: 'bind', source: destination, options: ['rbind'] }]
  if (sharedMemory !== undefined)
    return [
      { destination, type: 'bind', source: sharedMemory, options: ['rbind', ...usualOptions] },
    ]
  return [{ destination, type: 'tmpfs', source: 'shm', options: tmpfsOptions(spec) }]
}

function tmpfsOptions({ sharedMemoryBytes = defaultBytes }: ContainerSpec): string[] {
  return [...usualOptions, 'mode=1777', `size=${Math.ceil(sharedMemoryBytes / 1024)}k`]
}

/** What is mounted there of its own hides whatever would be shared. */
function hasOwn({ mounts, tmpfs = {} }: ContainerSpec): boolean {
  return destination in tmpfs || mounts.some(({ target }) => target === destination)
}
