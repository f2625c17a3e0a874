import { readdir, readFile } from 'node:fs/promises'

/** Whether an error says that there is no file of that name. */
export function isAbsence(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** For `.catch()`: there is no such file. Throws every other error again. */
export function ifAbsent(error: unknown): undefined {
  if (isAbsence(error)) return undefined
  throw error
}

/** The same for a path that a file may be in the way of. */
export function ifNowhere(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined
  return ifAbsent(error)
}

/** For `.catch()` on what /proc has of a process: it has ended. Throws every other error again. */
export function ifGone(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return undefined
  return ifAbsent(error)
}

/** A file's text; undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(ifAbsent)
}

/** The names in a directory; none when there is no such directory. */
export async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(ifAbsent)) ?? []
}
