import { crc32 } from 'node:zlib'

/** A partition of a GPT (UEFI specification, section 5.3). UUIDs are in lower case. */
export type Partition = {
  readonly number: number
  readonly typeUuid: string
  readonly uuid: string
  readonly label: string
  readonly startBytes: number
  readonly sizeBytes: number
}

/** One of the table's two copies: where its parts are, in sectors, and the entries as they are stored. */
export type GptCopy = {
  readonly lba: number
  readonly otherLba: number
  readonly entriesLba: number
  readonly header: Buffer
  readonly entries: Buffer
}

/** New name or UUID of a partition. */
export type PartitionChange = {
  readonly number: number
  readonly uuid?: string
  readonly label?: string
}

/** GPT names have 36 UTF-16 units. */
export const LABEL_UNITS = 36

/**
 * The header in a sector, with what it says of the entries; undefined if it is not a valid one for that
 * place.
 */
export function readHeader(
  sector: Buffer,
  lba: number,
): (Omit<GptCopy, 'entries'> & { entriesBytes: number }) | undefined {
  if (sector.toString('latin1', 0, 8) !== 'EFI PART') return undefined
  const size = sector.readUInt32LE(12)
  if (size < 92 || size > sector.length) return undefined
  const header = Buffer.from(sector)
  header.writeUInt32LE(0, 16)
  if (crc32(header.subarray(0, size)) !== sector.readUInt32LE(16)) return undefined
  if (readSectors(sector, 24) !== lba) return undefined
  const [count, entryBytes] = [sector.readUInt32LE(80), sector.readUInt32LE(84)]
  if (entryBytes < 128 || count === 0 || count * entryBytes > MAXIMUM_ENTRIES_BYTES)
    return undefined
  return {
    lba,
    otherLba: readSectors(sector, 32),
    entriesLba: readSectors(sector, 72),
    header: Buffer.from(sector),
    entriesBytes: count * entryBytes,
  }
}

/** Whether the entries are those that the header was written with. */
export function entriesMatch(header: Buffer, entries: Buffer): boolean {
  return crc32(entries) === header.readUInt32LE(88)
}

/** The partitions of a copy, by number. */
export function partitionsOf(copy: GptCopy, sectorBytes: number): Partition[] {
  const entryBytes = copy.header.readUInt32LE(84)
  const partitions: Partition[] = []
  for (let number = 1; number * entryBytes <= copy.entries.length; number++) {
    const entry = copy.entries.subarray((number - 1) * entryBytes, number * entryBytes)
    const typeUuid = readUuid(entry, 0)
    if (typeUuid === UNUSED) continue
    const [first, last] = [readSectors(entry, 32), readSectors(entry, 40)]
    partitions.push({
      number,
      typeUuid,
      uuid: readUuid(entry, 16),
      label: entry.toString('utf16le', 56, 128).replace(/\0.*$/s, ''),
      startBytes: first * sectorBytes,
      sizeBytes: (last - first + 1) * sectorBytes,
    })
  }
  return partitions
}

/** The disk's UUID. */
export function diskIdOf(copy: GptCopy): string {
  return readUuid(copy.header, 56)
}

/** A copy with other names and UUIDs, perhaps the disk's as well; attributes, types and places stay. */
export function withChanges(
  copy: GptCopy,
  changes: readonly PartitionChange[],
  diskId?: string,
): GptCopy {
  const entryBytes = copy.header.readUInt32LE(84)
  const entries = Buffer.from(copy.entries)
  for (const { number, uuid, label } of changes) {
    const entry = entries.subarray((number - 1) * entryBytes, number * entryBytes)
    if (uuid !== undefined) writeUuid(entry, 16, uuid)
    if (label !== undefined) {
      entry.fill(0, 56, 128)
      entry.write(label.slice(0, LABEL_UNITS), 56, 'utf16le')
    }
  }
  const header = Buffer.from(copy.header)
  if (diskId !== undefined) writeUuid(header, 56, diskId)
  return sealed({ ...copy, header, entries })
}

/** The same table for the other place on the disk. */
export function movedTo(copy: GptCopy, lba: number, otherLba: number, entriesLba: number): GptCopy {
  const header = Buffer.from(copy.header)
  header.writeBigUInt64LE(BigInt(lba), 24)
  header.writeBigUInt64LE(BigInt(otherLba), 32)
  header.writeBigUInt64LE(BigInt(entriesLba), 72)
  return sealed({ ...copy, lba, otherLba, entriesLba, header })
}

const MAXIMUM_ENTRIES_BYTES = 1 << 20
const UNUSED = '00000000-0000-0000-0000-000000000000'

function sealed(copy: GptCopy): GptCopy {
  const header = Buffer.from(copy.header)
  header.writeUInt32LE(crc32(copy.entries), 88)
  header.writeUInt32LE(0, 16)
  header.writeUInt32LE(crc32(header.subarray(0, header.readUInt32LE(12))), 16)
  return { ...copy, header }
}

function readSectors(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset))
}

/** The first three groups are stored with their least significant byte first. */
function readUuid(bytes: Buffer, offset: number): string {
  const swapped = swapUuid(Buffer.from(bytes.subarray(offset, offset + 16))).toString('hex')
  return swapped.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function writeUuid(bytes: Buffer, offset: number, uuid: string): void {
  swapUuid(Buffer.from(uuid.replaceAll('-', ''), 'hex')).copy(bytes, offset)
}

function swapUuid(bytes: Buffer): Buffer {
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}
