import { createHash } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Owner and permission bits of a file or directory. */
export type Access = { readonly uid: number; readonly gid: number; readonly mode: number }

/**
 * Where something is made before it is renamed to `path`: the same name at each run, so that what a
 * power loss left behind is found again and removed.
 */
export function temporaryPath(path: string): string {
  const digest = createHash('sha256').update(basename(path)).digest('hex').slice(0, 16)
  return join(dirname(path), `.ignition-${digest}.tmp`)
}

/** Puts a whole file in place at once, replacing a file or link; the caller syncs the directory. */
export function replaceFile(path: string, data: string | Uint8Array, access: Access): void {
  renameSync(stageFile(path, data, access), path)
}

/** Writes what is to be renamed to `path` later: where it is, once it is on the disk. */
export function stageFile(path: string, data: string | Uint8Array, access: Access): string {
  const temporary = temporaryPath(path)
  rmSync(temporary, { force: true, recursive: true })
  createFile(temporary, data, access)
  return temporary
}

/** Makes a file that does not exist yet, and brings it to the disk. */
export function createFile(path: string, data: string | Uint8Array, access: Access): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, data)
    // In this order: changing the owner clears the setuid and setgid bits.
    fchownSync(file, access.uid, access.gid)
    fchmodSync(file, access.mode)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Brings a file's metadata or a directory's entries to the disk. */
export function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
