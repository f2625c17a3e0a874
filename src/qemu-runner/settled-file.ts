import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath } from '../files/atomic.ts'

/**
 * Makes a file that is either whole or not there, whatever happens: `fill` writes a temporary one
 * beside it, which takes its place when it has reached the disk.
 */
export async function makeSettledFile(
  path: string,
  fill: (temporary: string) => Promise<unknown>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.new`
  try {
    await fill(temporary)
    await syncPath(temporary)
    await rename(temporary, path)
    await syncPath(dirname(path))
  } finally {
    await rm(temporary, { force: true })
  }
}
