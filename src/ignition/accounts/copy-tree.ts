import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { createFile, sync } from '../root/durable.ts'

export type Ids = { readonly uid: number; readonly gid: number }

/** Copies what is in a directory to another one, with its modes, and brings it to the disk. */
export function copyContents(from: string, to: string, ownerOf: (stats: Stats) => Ids): void {
  for (const name of readdirSync(from)) copy(join(from, name), join(to, name), ownerOf)
  sync(to)
}

function copy(from: string, to: string, ownerOf: (stats: Stats) => Ids): void {
  const stats = lstatSync(from)
  const { uid, gid } = ownerOf(stats)
  const mode = stats.mode & 0o7777
  if (stats.isDirectory()) {
    mkdirSync(to, 0o700)
    copyContents(from, to, ownerOf)
    lchownSync(to, uid, gid)
    chmodSync(to, mode)
  } else if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to)
    lchownSync(to, uid, gid)
  } else if (stats.isFile()) createFile(to, readFileSync(from), { uid, gid, mode })
  // Sockets, pipes and devices have no place in a home directory and no contents to lose.
}
