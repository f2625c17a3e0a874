import { type FileHandle, open } from 'node:fs/promises'

/** Opens a file for reading; undefined when there is none. Throws what open(2) otherwise says. */
export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
