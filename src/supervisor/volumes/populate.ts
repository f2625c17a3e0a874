import { chmod, chown, lstat, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { ifAbsent } from '../../files/absence.ts'
import { runProgram } from '../runtime/programs.ts'
import { type IdMapping, namespaceId } from '../user-namespaces/id-mapping.ts'
import { copyTree } from './copy-tree.ts'
import type { VolumePaths } from './paths.ts'

/**
 * Fills an empty volume with what is in a directory of an image, owner and mode included. Another
 * container may have the volume mounted, so the content is moved in rather than put in its place; a
 * copy that a crash interrupted is made anew, moving goes on by `finishPopulating`. A volume has on the disk the ids
 * that its files have in containers; `mapping` says what they are in the image's directory.
 */
export async function populate(
  paths: VolumePaths,
  seed: string,
  mapping?: IdMapping,
): Promise<void> {
  const own = (id: number) => (mapping === undefined ? id : namespaceId(mapping, id))
  if ((await readdir(paths.data)).length > 0) return
  await rm(paths.copying, { recursive: true, force: true })
  await mkdir(paths.copying)
  await copyTree(seed, paths.copying, own)
  const { uid, gid, mode } = await stat(seed)
  await chown(paths.copying, own(uid), own(gid))
  await chmod(paths.copying, mode & 0o7777)
  await runProgram('sync', ['--file-system', paths.copying])
  await rename(paths.copying, paths.copied)
  await finishPopulating(paths)
}

/** Goes on with what a crash may have interrupted; nothing when there is nothing to do. */
export async function finishPopulating({ copied, data }: VolumePaths): Promise<void> {
  const status = await stat(copied).catch(ifAbsent)
  if (status === undefined) return
  await chown(data, status.uid, status.gid)
  await chmod(data, status.mode & 0o7777)
  for (const name of await readdir(copied)) {
    const target = `${data}/${name}`
    // What an application has written meanwhile stays.
    if ((await lstat(target).catch(ifAbsent)) === undefined)
      await rename(`${copied}/${name}`, target)
    else await rm(`${copied}/${name}`, { recursive: true, force: true })
  }
  await rmdir(copied)
}
