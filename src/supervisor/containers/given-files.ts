import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '../../files/atomic.ts'
import type { ContainerFile } from './spec.ts'

/**
 * Writes the configs and secrets of a container, numbered in their order, before its record: a container that
 * is known has all of them. In the container they may be read by whom their modes say; on the host the
 * directory is for root alone.
 */
export async function writeGivenFiles(
  directory: string,
  files: readonly ContainerFile[],
  contents: ReadonlyMap<string, Buffer> | undefined,
): Promise<void> {
  if (files.length === 0) return
  await mkdir(directory, { mode: 0o700 })
  for (const [index, { digest, uid, gid, mode }] of files.entries()) {
    const content = contents?.get(digest)
    if (content === undefined) throw new Error(`the content of a file is missing: ${digest}`)
    await using file = await open(`${directory}/${index}`, 'wx', 0o600)
    await file.writeFile(content)
    await file.chown(uid, gid)
    await file.chmod(mode)
    await file.sync()
  }
  await syncDirectory(directory)
  await syncDirectory(dirname(directory))
}
