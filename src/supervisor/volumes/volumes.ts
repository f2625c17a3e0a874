import { chmod, chown, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { resolveInRoot } from '../../files/confined.ts'
import type { ContainerSpec } from '../containers/spec.ts'
import type { Directories } from '../directories.ts'
import { copyTree } from './copy-tree.ts'

/** Where a named volume's content is, as Docker lays it out. */
export function volumePath(directories: Pick<Directories, 'state'>, name: string): string {
  return `${directories.state}/volumes/${name}/_data`
}

/**
 * Makes the volumes of a container that are not there yet. As in Docker, a new volume begins with what
 * the image has at its target, owner and mode included. Gives the path of each volume by its name.
 */
export async function prepareVolumes(
  { mounts }: Pick<ContainerSpec, 'mounts'>,
  rootfs: string,
  directories: Directories,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>()
  for (const { type, source, target, noCopy } of mounts) {
    if (type !== 'volume') continue
    const path = volumePath(directories, source)
    paths.set(source, path)
    if (!(await isDirectory(path)))
      await makeVolume(path, noCopy === true ? undefined : await resolveInRoot(rootfs, target))
  }
  return paths
}

/** Removes a volume with its content; no harm when it is not there. */
export async function removeVolume(directories: Directories, name: string): Promise<void> {
  await rm(dirname(volumePath(directories, name)), { recursive: true, force: true })
}

/** Appears complete or not at all: a half-copied volume would be taken for the application's data. */
async function makeVolume(path: string, seed: string | undefined): Promise<void> {
  const unfinished = `${path}.new`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true, mode: 0o755 })
  if (seed !== undefined && (await isDirectory(seed))) {
    await copyTree(seed, unfinished)
    const { uid, gid, mode } = await stat(seed)
    await chown(unfinished, uid, gid)
    await chmod(unfinished, mode & 0o7777)
  }
  await rename(unfinished, path)
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw error
  }
}
