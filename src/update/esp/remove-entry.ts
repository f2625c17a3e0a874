import { open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import type { BootEntry } from './entries.ts'
import { badEntryName, entryState, formatEntryName, newEntryName } from './entry-name.ts'
import { changing } from './failure.ts'
import { syncFolder } from './sync.ts'

/** The first sector has the PE header: without it the boot loader passes a file over. */
export const HEADER_BYTES = 512

/**
 * Removes a boot entry for good. First its header is overwritten, one sector and so at once: from then on
 * it does not boot, whatever a power cut leaves of the removal. The file is held open until its name is
 * gone from the disk, so that its clusters are not free before.
 *
 * `runningRootHash` protects what runs: throws SLIPWAY_UPDATE_ESP_RUNNING_KEPT for its entries. Throws
 * SLIPWAY_UPDATE_ESP_NOT_WRITTEN.
 */
export async function removeEntry(entry: BootEntry, runningRootHash: string): Promise<void> {
  const { path } = entry
  if (entry.rootHash === runningRootHash)
    throw updateSlotErrors.error('SLIPWAY_UPDATE_ESP_RUNNING_KEPT', { file: path })
  await changing(path, async () => {
    await using file = await open(path, 'r+')
    const length = Math.min(HEADER_BYTES, (await file.stat()).size)
    if (length > 0) {
      await file.write(Buffer.alloc(length), 0, length, 0)
      await file.datasync()
    }
    await unlink(path)
    await syncFolder(dirname(path))
  })
}

/**
 * Marks an entry bad by its name, so that the boot loader takes it last: the way to go back by hand while
 * it runs. Gives the new path; an entry that is bad already, or has no name of ours, stays as it is.
 */
export async function markEntryBad(entry: BootEntry): Promise<string> {
  if (entry.name === undefined || entryState(entry.name) === 'bad') return entry.path
  return await renameTo(entry, formatEntryName(badEntryName(entry.name)))
}

/** Takes an entry's counter away, as a good boot does: undoes `markEntryBad`. Gives the new path. */
export async function markEntryGood(entry: BootEntry): Promise<string> {
  if (entry.name === undefined || entryState(entry.name) === 'good') return entry.path
  return await renameTo(entry, formatEntryName({ version: entry.name.version }))
}

/**
 * Gives an entry tries as if it were new, so that the boot loader leaves it when it does not come up. Gives the
 * new path.
 */
export async function giveTries(entry: BootEntry, tries?: number): Promise<string> {
  if (entry.name === undefined) return entry.path
  const file = newEntryName(entry.name.version, tries)
  return file === entry.file ? entry.path : await renameTo(entry, file)
}

async function renameTo(entry: BootEntry, file: string): Promise<string> {
  const folder = dirname(entry.path)
  const path = join(folder, file)
  await changing(entry.path, async () => {
    await rename(entry.path, path)
    await syncFolder(folder)
  })
  return path
}
