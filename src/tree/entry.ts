import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** A file or symbolic link that may go into a tree. Folders follow from what is in them. */
export type Entry = {
  /** Absolute path in the image; /bin, /sbin, /lib and /lib64 are folded into /usr. */
  readonly path: string
  readonly type: 'file' | 'link'
  /** Where its bytes lie on the build machine. */
  readonly source: string
  /** Permission bits, set-uid, set-gid and sticky included. */
  readonly mode: number
  readonly sizeBytes: number
  /** The Debian package it comes from. */
  readonly package: string
  /** For links: the text of the link. */
  readonly target?: string
}

/** Every file and link below `directory`, in the order of their paths. */
export async function entriesOf(directory: string, packageName: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const folders = [directory]; folders.length > 0; ) {
    const folder = folders.pop() ?? directory
    // Not readdir's own recursion: it walks into links to folders.
    for (const name of await readdir(folder, { withFileTypes: true })) {
      const source = join(folder, name.name)
      if (name.isDirectory()) folders.push(source)
      if (!name.isFile() && !name.isSymbolicLink()) continue
      const information = await lstat(source)
      const path = mergeUsr(source.slice(directory.length))
      const base = { path, source, mode: information.mode & 0o7777, package: packageName }
      entries.push(
        name.isFile()
          ? { ...base, type: 'file', sizeBytes: information.size }
          : { ...base, type: 'link', sizeBytes: 0, target: await readlink(source) },
      )
    }
  }
  return entries.sort(byPath)
}

/** The path after the merge of /bin, /sbin, /lib and /lib64 into /usr. */
export function mergeUsr(path: string): string {
  return path
    .replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/')
    .replace(/^\/usr\/sbin\//, '/usr/bin/')
}

export function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}
