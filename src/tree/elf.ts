import { open } from 'node:fs/promises'

/** What a dynamic ELF file asks of its loader. */
export type ElfNeeds = {
  /** DT_NEEDED: sonames of the libraries that it cannot start without. */
  readonly libraries: readonly string[]
  /** PT_INTERP: the loader; absent for libraries and static programs. */
  readonly interpreter?: string
}

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1n
const DT_STRTAB = 5n

/**
 * Reads the dynamic section of a 64-bit little-endian ELF file (System V ABI, chapter 5).
 * Gives undefined for anything else.
 */
export async function readElf(path: string): Promise<ElfNeeds | undefined> {
  const file = await open(path, 'r')
  try {
    const read = async (offset: number, length: number) =>
      (await file.read(Buffer.alloc(length), 0, length, offset)).buffer
    const header = await read(0, 64)
    if (header.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined
    const programHeaders = await read(
      Number(header.readBigUInt64LE(32)),
      header.readUInt16LE(54) * header.readUInt16LE(56),
    )
    const segments = parseSegments(programHeaders, header.readUInt16LE(54))
    const text = async (type: number) => {
      const segment = segments.find((each) => each.type === type)
      return segment && (await read(segment.offset, segment.sizeBytes))
    }
    const interpreter = (await text(PT_INTERP))?.toString('utf8').replace(/\0$/, '')
    const dynamic = await text(PT_DYNAMIC)
    const libraries = dynamic ? await neededLibraries(dynamic, segments, read) : []
    return { libraries, ...(interpreter !== undefined && { interpreter }) }
  } finally {
    await file.close()
  }
}

type Segment = { type: number; offset: number; address: number; sizeBytes: number }

function parseSegments(headers: Buffer, entryBytes: number): Segment[] {
  const segments: Segment[] = []
  for (let at = 0; at + entryBytes <= headers.length; at += entryBytes)
    segments.push({
      type: headers.readUInt32LE(at),
      offset: Number(headers.readBigUInt64LE(at + 8)),
      address: Number(headers.readBigUInt64LE(at + 16)),
      sizeBytes: Number(headers.readBigUInt64LE(at + 32)),
    })
  return segments
}

async function neededLibraries(
  dynamic: Buffer,
  segments: readonly Segment[],
  read: (offset: number, length: number) => Promise<Buffer>,
): Promise<string[]> {
  const names: number[] = []
  let stringsAddress = 0
  for (let at = 0; at + 16 <= dynamic.length; at += 16) {
    const tag = dynamic.readBigInt64LE(at)
    const value = Number(dynamic.readBigUInt64LE(at + 8))
    if (tag === DT_NEEDED) names.push(value)
    if (tag === DT_STRTAB) stringsAddress = value
  }
  const load = segments.find(
    ({ type, address, sizeBytes }) =>
      type === PT_LOAD && stringsAddress >= address && stringsAddress < address + sizeBytes,
  )
  if (!load) return []
  const strings = load.offset + stringsAddress - load.address
  return Promise.all(
    names.map(async (name) => {
      const bytes = await read(strings + name, 256)
      return bytes.toString('utf8', 0, bytes.indexOf(0))
    }),
  )
}
