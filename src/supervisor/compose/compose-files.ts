import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { isAbsence } from '../../files/absence.ts'

/** The files that Compose files refer to. */
export type ComposeFiles = {
  /** By an absolute path: its content, that it is not there, or why it may or can not be read. */
  read(path: string): FileContent
}

export type FileContent =
  | { readonly kind: 'content'; readonly bytes: Buffer }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Why a file gives no content, for a problem that is told. */
export function unreadable(
  path: string,
  content: Exclude<FileContent, { readonly kind: 'content' }>,
): string {
  return `cannot read ${path}: ${content.kind === 'absent' ? 'it is not there' : content.reason}`
}

/** More than any file that a person writes; a larger one would only stall the host. */
export const largestFileBytes = 1024 * 1024

/** Where there are no files beside the one that is read. */
export const noFiles: ComposeFiles = { read: () => ({ kind: 'absent' }) }

/**
 * The files below the Compose directory, of links those that end there. `instead` has texts of files of the
 * directory, by name, that are not there or differ.
 */
export function filesBelow(
  directory: string,
  instead: Readonly<Record<string, string>> = {},
): ComposeFiles {
  return {
    read: (path) => {
      const text = dirname(path) === directory ? instead[basename(path)] : undefined
      if (text !== undefined) return { kind: 'content', bytes: Buffer.from(text) }
      try {
        return readBelow(path, realpathSync(directory))
      } catch (error) {
        if (isAbsence(error)) return { kind: 'absent' }
        const { code, message } = error as NodeJS.ErrnoException
        if (code === undefined) throw error
        return { kind: 'refused', reason: message }
      }
    },
  }
}

function readBelow(path: string, directory: string): FileContent {
  const real = realpathSync(path)
  if (!real.startsWith(`${directory}/`))
    return { kind: 'refused', reason: `it is not in the directory ${directory}` }
  // A pipe would have everybody wait for its other end.
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants
  const descriptor = openSync(real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
  try {
    const status = fstatSync(descriptor)
    if (!status.isFile()) return { kind: 'refused', reason: 'it is no file' }
    if (status.size > largestFileBytes)
      return { kind: 'refused', reason: `it is larger than ${largestFileBytes} bytes` }
    return { kind: 'content', bytes: readFileSync(descriptor) }
  } finally {
    closeSync(descriptor)
  }
}
