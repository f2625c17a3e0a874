import { type FileHandle, open } from 'node:fs/promises'
import { ifAbsent } from './absence.ts'

/** Opens a file for reading; undefined when there is none. Throws what open(2) otherwise says. */
export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return await open(path, 'r').catch(ifAbsent)
}
