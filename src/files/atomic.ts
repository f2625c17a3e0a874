import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Replaces a file so that after a crash or power loss it has either its old or its new content:
 * temporary file beside it, fsync, rename, fsync of the directory.
 */
export async function writeFileAtomically(
  path: string,
  content: string,
  mode = 0o600,
): Promise<void> {
  const temporary = `${path}.new`
  try {
    await using file = await open(temporary, 'w', mode)
    await file.writeFile(content)
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Names in a directory reach the disk. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}
