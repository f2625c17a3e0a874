import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import {
  diskIdOf,
  entriesMatch,
  type GptCopy,
  movedTo,
  type Partition,
  type PartitionChange,
  partitionsOf,
  readHeader,
  withChanges,
} from './gpt.ts'

export type PartitionTable = {
  /** The disk's device node, or an image of a disk. */
  readonly disk: string
  readonly diskId: string
  readonly sectorBytes: number
  readonly partitions: readonly Partition[]
}

/**
 * Reads the GPT of a disk or of a disk's image: the first copy, or the second one where a power cut has
 * spoilt the first. Throws SLIPWAY_UPDATE_SLOT_TABLE_UNREADABLE.
 */
export async function readPartitionTable(disk: string): Promise<PartitionTable> {
  await using file = await open(disk, 'r')
  const { sectorBytes, valid } = await readCopies(disk, file)
  return {
    disk,
    diskId: diskIdOf(valid),
    sectorBytes,
    partitions: partitionsOf(valid, sectorBytes),
  }
}

/**
 * Names partitions, and the disk if `diskId` is given, anew in both copies of the GPT, one after the other and each on the disk before the
 * next is touched: at any moment one copy is whole, and the reader takes the old table or the new one. The
 * kernel keeps its own list of partitions until the next boot. Throws SLIPWAY_UPDATE_SLOT_TABLE_UNREADABLE
 * and _TABLE_NOT_WRITTEN.
 */
export async function changePartitions(
  disk: string,
  changes: readonly PartitionChange[],
  diskId?: string,
): Promise<void> {
  try {
    await change(disk, changes, diskId)
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    const details = { disk, reason: cause.message }
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_TABLE_NOT_WRITTEN', details, cause)
  }
}

const PRIMARY_LBA = 1
const SECTOR_SIZES = [512, 4096]

async function change(
  disk: string,
  changes: readonly PartitionChange[],
  diskId: string | undefined,
): Promise<void> {
  await using file = await open(disk, 'r+')
  const { sectorBytes, valid } = await readCopies(disk, file)
  const changed = withChanges(valid, changes, diskId)
  const other = await otherCopy(disk, file, changed, sectorBytes)
  // The copy that was read comes last: until the other one is whole, it is what a boot goes by.
  for (const copy of [other, changed]) {
    await writeAll(file, copy.entries, copy.entriesLba * sectorBytes)
    await writeAll(file, copy.header, copy.lba * sectorBytes)
    await file.datasync()
  }
}

async function readCopies(
  disk: string,
  file: FileHandle,
): Promise<{ sectorBytes: number; valid: GptCopy }> {
  const sizeBytes = await sizeOf(disk, file)
  for (const sectorBytes of SECTOR_SIZES) {
    const primary = await readCopy(file, PRIMARY_LBA, sectorBytes)
    if (primary !== undefined) return { sectorBytes, valid: primary }
  }
  for (const sectorBytes of SECTOR_SIZES) {
    const backup = await readCopy(file, Math.floor(sizeBytes / sectorBytes) - 1, sectorBytes)
    if (backup !== undefined) return { sectorBytes, valid: backup }
  }
  throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_TABLE_UNREADABLE', {
    disk,
    reason: 'neither copy of a GPT is whole',
  })
}

async function readCopy(
  file: FileHandle,
  lba: number,
  sectorBytes: number,
): Promise<GptCopy | undefined> {
  const header = readHeader(await readAll(file, sectorBytes, lba * sectorBytes), lba)
  if (header === undefined) return undefined
  const entries = await readAll(file, header.entriesBytes, header.entriesLba * sectorBytes)
  if (!entriesMatch(header.header, entries)) return undefined
  return { ...header, entries }
}

/** The same table at the other copy's place; where that copy is whole, its entries stay where they are. */
async function otherCopy(
  disk: string,
  file: FileHandle,
  copy: GptCopy,
  sectorBytes: number,
): Promise<GptCopy> {
  const present = await readCopy(file, copy.otherLba, sectorBytes)
  const entriesSectors = Math.ceil(copy.entries.length / sectorBytes)
  const entriesLba =
    present?.entriesLba ??
    (copy.otherLba === PRIMARY_LBA ? PRIMARY_LBA + 1 : copy.otherLba - entriesSectors)
  const end = (copy.otherLba + 1) * sectorBytes
  if (end > (await sizeOf(disk, file)))
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_TABLE_UNREADABLE', {
      disk,
      reason: 'its second copy lies beyond the end of the disk',
    })
  return movedTo(copy, copy.otherLba, copy.lba, entriesLba)
}

/** A block device's size is not in its stat. */
async function sizeOf(disk: string, file: FileHandle): Promise<number> {
  const { size, rdev } = await file.stat()
  if ((await stat(disk)).isFile()) return size
  const sectors = await readFile(`/sys/dev/block/${deviceNumber(rdev)}/size`, 'utf8')
  return Number(sectors) * 512
}

/** `major:minor`, as /sys/dev/block names a device. */
export function deviceNumber(device: number): string {
  const [low, high] = [device % 2 ** 32, Math.floor(device / 2 ** 32)]
  const major = ((low >>> 8) & 0xfff) | (high & 0xfffff000)
  const minor = (low & 0xff) | ((low >>> 12) & 0xfff00)
  return `${major}:${minor}`
}

async function readAll(file: FileHandle, length: number, position: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  if (position < 0) return bytes
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}
