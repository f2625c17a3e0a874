import {
  chmod,
  copyFile,
  lchown,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readlink,
  symlink,
} from 'node:fs/promises'

/**
 * Copies what is in a directory with owners, modes and times. Links are copied, never followed;
 * sockets, pipes and device nodes are left out, because no volume needs them from an image. `own` says what an id
 * there becomes.
 */
export async function copyTree(
  from: string,
  to: string,
  own: (id: number) => number = (id) => id,
): Promise<void> {
  for (const name of await readdir(from)) {
    const source = `${from}/${name}`
    const target = `${to}/${name}`
    const status = await lstat(source)
    if (status.isSymbolicLink()) await symlink(await readlink(source), target)
    else if (status.isFile()) await copyFile(source, target)
    else if (status.isDirectory()) {
      await mkdir(target)
      await copyTree(source, target, own)
    } else continue
    // Before the mode: a change of owner clears the set-uid bits.
    await lchown(target, own(status.uid), own(status.gid))
    if (!status.isSymbolicLink()) await chmod(target, status.mode & 0o7777)
    await lutimes(target, status.atime, status.mtime)
  }
}
