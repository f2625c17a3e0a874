import { rename, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { ifAbsent, namesIn } from '../../files/absence.ts'

/** The files of a log: conmon writes to one, and those before are kept as `LOG.1` (the last one) and on. */
export type Generation = { readonly path: string; readonly inode: number }

/** The files of a log, oldest first; the last one is being written. */
export async function generations(log: string): Promise<readonly Generation[]> {
  const beginning = `${basename(log)}.`
  const numbers = (await namesIn(dirname(log)))
    .filter((name) => name.startsWith(beginning) && /\.[1-9]\d*$/.test(name))
    .map((name) => Number(name.slice(beginning.length)))
    .sort((a, b) => b - a)
  const paths = [...numbers.map((number) => `${log}.${number}`), log]
  const found = await Promise.all(paths.map(async (path) => ({ path, inode: await inodeOf(path) })))
  return found.flatMap(({ path, inode }) => (inode === undefined ? [] : [{ path, inode }]))
}

/**
 * Takes the file that is being written among those that are kept, and lets go of the oldest. Its writer goes on with it
 * until it begins a new one.
 *
 * @param maximumFiles with the one that is being written
 */
export async function rotate(log: string, maximumFiles: number): Promise<void> {
  const last = maximumFiles - 1
  await rm(`${log}.${last}`, { force: true })
  for (let number = last - 1; number >= 1; number -= 1)
    await rename(`${log}.${number}`, `${log}.${number + 1}`).catch(ifAbsent)
  await rename(log, `${log}.1`).catch(ifAbsent)
}

export async function inodeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ifAbsent))?.ino
}
