import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { openIfThere } from '../../files/open-if-there.ts'
import { DirectFile, readRange } from '../slot/direct-file.ts'
import type { Esp } from './entries.ts'
import { changing } from './failure.ts'
import { syncFolder, syncGrowingFile } from './sync.ts'

/** A short name of capital letters: one entry of a vfat directory, without a second one for a long name. */
export const temporaryName = 'SLIPWAY.NEW'

/**
 * Replaces a file of a vfat at once. The order makes it so: the new bytes are on the disk; the temporary
 * name is gone from the disk before the entry of the old name, 32 bytes of one sector, is written with the
 * new place; the old file is held open, so its clusters are not free before.
 */
export async function replaceOnEsp(esp: Esp, path: string, bytes: Buffer): Promise<void> {
  const temporary = join(dirname(path), temporaryName)
  // Of a run that was cut.
  await rm(temporary, { force: true })
  // Held until this function ends.
  await using _old = await openIfThere(path)
  try {
    await changing(path, async () => {
      await using file = await open(temporary, 'wx', 0o600)
      await file.writeFile(bytes)
      await syncGrowingFile(esp, file)
      await syncFolder(dirname(path))
      if (!(await holds(temporary, bytes)))
        throw updateSlotErrors.error('SLIPWAY_UPDATE_ESP_READ_BACK', { file: temporary })
      await rename(temporary, path)
      await syncFolder(dirname(path))
      await file.sync()
      await syncFolder(dirname(path))
    })
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function holds(path: string, bytes: Buffer): Promise<boolean> {
  await using file = await DirectFile.open(path, 'read')
  const hash = createHash('sha256')
  for await (const part of readRange(file, 0, bytes.length)) hash.update(part)
  return hash.digest('hex') === createHash('sha256').update(bytes).digest('hex')
}
