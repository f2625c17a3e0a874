import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Replaces a file so that after a crash or power loss it has either its old or its new content:
 * temporary file beside it, fsync, rename, fsync of the directory. One writer at a time, unless each has a temporary
 * name of its own. What a power loss may take, or leave torn, is not worth the waiting: `outlastsPowerLoss: false`.
 */
export async function writeFileAtomically(
  path: string,
  content: string,
  {
    mode = 0o600,
    temporary = `${path}.new`,
    outlastsPowerLoss = true,
  }: {
    readonly mode?: number
    readonly temporary?: string
    readonly outlastsPowerLoss?: boolean
  } = {},
): Promise<void> {
  try {
    await using file = await open(temporary, 'w', mode)
    await file.writeFile(content)
    if (outlastsPowerLoss) await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (outlastsPowerLoss) await syncDirectory(dirname(path))
}

/** Names in a directory reach the disk. */
export async function syncDirectory(path: string): Promise<void> {
  await syncPath(path)
}

/** What was written to a file or a device, or the names in a directory, reach the disk. It is opened to read alone. */
export async function syncPath(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
