import { type FileHandle, open } from 'node:fs/promises'
import type { Esp } from './entries.ts'

/** Brings a folder's entries to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}

/**
 * Brings a file to the disk: first the allocation table, which is in the device's own buffers, then the
 * file's bytes and its directory entry. The other way round a power cut could leave an entry whose clusters
 * count as free.
 */
export async function syncGrowingFile(esp: Esp, file: FileHandle): Promise<void> {
  if (esp.device !== undefined) {
    await using device = await open(esp.device, 'r')
    await device.sync()
  }
  await file.sync()
}
