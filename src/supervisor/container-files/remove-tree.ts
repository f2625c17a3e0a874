import { rmdir, unlink } from 'node:fs/promises'
import type { HeldDirectory } from './held-directory.ts'

/** Removes what has a name in a directory, with everything below it; links are never followed. */
export async function removeTree(parent: HeldDirectory, name: string): Promise<void> {
  const status = await parent.statusOf(name)
  if (status === undefined) return
  if (!status.isDirectory()) {
    await unlink(parent.entry(name))
    return
  }
  {
    await using directory: HeldDirectory = await parent.child(name)
    for (const below of await directory.names()) await removeTree(directory, below)
  }
  await rmdir(parent.entry(name))
}
