import { createHash } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { chunksOf, type Part } from './parts.ts'

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

/** A file's content, or the parts that it is made of. */
type FileData = string | Uint8Array | readonly Part[]

/** Puts a whole file in place at once, replacing a file or link; the caller syncs the directory. */
export function replaceFile(path: string, data: FileData, access: Access): void {
  renameSync(stageFile(path, data, access), path)
}

/** Writes what is to be renamed to `path` later: where it is, once it is on the disk. */
export function stageFile(path: string, data: FileData, access: Access): string {
  const temporary = temporaryPath(path)
  removeLeftOver(temporary)
  createFile(temporary, data, access)
  return temporary
}

/** Looks first: to remove what is not there costs more than a file does. */
function removeLeftOver(temporary: string): void {
  if (lstatSync(temporary, { throwIfNoEntry: false }) === undefined) return
  rmSync(temporary, { force: true, recursive: true })
}

/** Makes a file that does not exist yet, and brings it to the disk. */
export function createFile(path: string, data: FileData, access: Access): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    if (typeof data === 'string' || data instanceof Uint8Array) writeFileSync(file, data)
    else for (const chunk of chunksOf(data)) writeFileSync(file, chunk)
    setAccess(file, access)
  } finally {
    closeSync(file)
  }
}

/**
 * The same with a file that is there already, which is moved. False when it cannot be, because it is
 * on another file system; nothing has changed then.
 */
export function adoptFile(from: string, path: string, access: Access): boolean {
  const temporary = temporaryPath(path)
  removeLeftOver(temporary)
  try {
    renameSync(from, temporary)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EXDEV') return false
    throw error
  }
  const file = openSync(temporary, 'r')
  try {
    setAccess(file, access)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  return true
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

function setAccess(file: number, { uid, gid, mode }: Access): void {
  // In this order: changing the owner clears the setuid and setgid bits.
  fchownSync(file, uid, gid)
  fchmodSync(file, mode)
  fsyncSync(file)
}
