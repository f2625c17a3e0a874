import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

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
    await flush(temporary)
    await rename(temporary, path)
    await flush(dirname(path))
  } finally {
    await rm(temporary, { force: true })
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
