import { constants } from 'node:fs'
import { type FileHandle, lchown, mkdir, open, stat, writeFile } from 'node:fs/promises'
import { ifGone } from '../../files/absence.ts'
import type { Container } from '../containers/container.ts'
import type { Lifecycle } from '../containers/lifecycle.ts'
import type { ContainerMount } from '../containers/spec.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { mountRootfs, unmount } from '../runtime/overlay.ts'
import { isAlive } from '../runtime/processes.ts'
import { runProgram } from '../runtime/programs.ts'
import { type IdMapping, idMapOption, mountIdMappings } from '../user-namespaces/id-mapping.ts'
import type { VolumeStore } from '../volumes/store.ts'
import { prepareVolumes } from '../volumes/volumes.ts'
import { bytesOf, HeldDirectory, pathOnly } from './held-directory.ts'
import { type Located, locate } from './locate.ts'

export type ContainerFilesOptions = {
  readonly lifecycle: Lifecycle
  readonly volumes: VolumeStore
  readonly directories: Directories
}

/** The root of a container, in use. */
export type RootInUse = { readonly root: HeldDirectory; readonly container: Container }

/**
 * Gives `use` the root of a container with all that is mounted in it. A running one's is what its first
 * process sees, and stays while it is used even if the container ends. That of one that does not run is mounted
 * for as long as it is used; the container is not started meanwhile, as in Docker.
 */
export async function withContainerRoot<T>(
  id: string,
  { lifecycle, volumes, directories }: ContainerFilesOptions,
  use: (inUse: RootInUse) => Promise<T>,
): Promise<T> {
  const outcome = await lifecycle.alone(id, async (container) => {
    const running = await rootOfRunning(container)
    if (running !== undefined) return { running, container }
    const paths = containerPaths(directories, id)
    try {
      await mountRootfs(container, directories)
      await using root = await HeldDirectory.open(paths.rootfs)
      await mountAll(root, container, await prepareVolumes(container, paths.rootfs, volumes))
      if (container.spec.security?.readOnlyRoot === true)
        await runProgram('mount', ['--options', 'remount,bind,ro', paths.rootfs])
      await using whole = await HeldDirectory.open(paths.rootfs)
      return { result: await use({ root: whole, container }) }
    } finally {
      await unmount(paths.rootfs)
    }
  })
  if ('result' in outcome) return outcome.result
  const { running, container } = outcome
  await using root = running
  return await use({ root, container })
}

/**
 * Gives `use` the container's own file system alone, without what is mounted in it.
 */
export async function withOwnFiles<T>(
  id: string,
  { lifecycle, directories }: Pick<ContainerFilesOptions, 'lifecycle' | 'directories'>,
  use: (root: HeldDirectory) => Promise<T>,
): Promise<T> {
  const { rootfs } = containerPaths(directories, id)
  const outcome = await lifecycle.alone(id, async (container) => {
    if (container.state.status === 'running') return { running: await HeldDirectory.open(rootfs) }
    try {
      await mountRootfs(container, directories)
      await using root = await HeldDirectory.open(rootfs)
      return { result: await use(root) }
    } finally {
      await unmount(rootfs)
    }
  })
  if ('result' in outcome) return outcome.result
  await using root = outcome.running
  return await use(root)
}

async function rootOfRunning({ state }: Container): Promise<HeldDirectory | undefined> {
  if (state.status !== 'running' || state.process === undefined) return undefined
  const root = await HeldDirectory.open(`/proc/${state.process.pid}/root`).catch(ifGone)
  if (root === undefined) return undefined
  // The number may have become another's.
  if (await isAlive(state.process)) return root
  await root[Symbol.asyncDispose]()
  return undefined
}

/** Parents first: what is mounted below a mount is in it. */
async function mountAll(
  root: HeldDirectory,
  { spec, userNamespace }: Container,
  volumePaths: ReadonlyMap<string, string>,
): Promise<void> {
  const depth = ({ target }: ContainerMount) => target.split('/').filter(Boolean).length
  for (const mount of spec.mounts.toSorted((a, b) => depth(a) - depth(b))) {
    const { type, source, target, readOnly } = mount
    const from = type === 'bind' ? source : (volumePaths.get(source) ?? '')
    const status = await stat(from).catch(ifGone)
    if (status === undefined) continue
    const isDirectory = status.isDirectory()
    await using point = await mountPoint(root, target, {
      isDirectory,
      rootId: userNamespace?.firstId ?? 0,
    })
    const mapping = type === 'volume' ? userNamespace : undefined
    await bindTo(point, from, { readOnly, isDirectory, mapping })
  }
}

/**
 * Mounts what is at a path onto what a descriptor stands for: a running container may share a volume
 * that the target is in, and change the way there.
 */
async function bindTo(
  point: FileHandle,
  from: string,
  {
    readOnly,
    isDirectory,
    mapping,
  }: {
    readonly readOnly: boolean
    readonly isDirectory: boolean
    /** What ids on the disk are to be. */
    readonly mapping: IdMapping | undefined
  },
): Promise<void> {
  const target = `/proc/${process.pid}/fd/${point.fd}`
  const words = ['--no-canonicalize', '--bind']
  // The newer calls mount, read-only at once, but follow no link at the end; a file that is mounted
  // cannot be replaced, so it needs no such care.
  if (isDirectory) {
    const ids = mapping === undefined ? [] : [idMapOption(mountIdMappings(mapping))]
    const options = [readOnly ? 'ro' : 'rw', ...ids].join(',')
    await runProgram('mount', [...words, '--options', options, from, `${target}/.`])
  } else
    await runProgram('mount', [...words, from, target], {
      environment: { LIBMOUNT_FORCE_MOUNT2: 'always' },
    })
}

/** What a mount covers; made if it is not there. */
async function mountPoint(
  root: HeldDirectory,
  target: string,
  { isDirectory, rootId }: { readonly isDirectory: boolean; readonly rootId: number },
): Promise<FileHandle> {
  const path = bytesOf(target)
  await using found: Located = await locate(root, path, {
    follow: true,
    createAs: rootId,
  })
  const { parent, name, status } = found
  if (status === undefined) {
    if (isDirectory) await mkdir(parent.entry(name), 0o755)
    else await writeFile(parent.entry(name), '', { flag: 'wx' })
    if (rootId !== 0) await lchown(parent.entry(name), rootId, rootId)
  }
  return await open(parent.entry(name), pathOnly | constants.O_NOFOLLOW)
}
