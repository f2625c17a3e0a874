import { NotPe } from './pe.ts'

/**
 * A PE file with one more section of read-only data (Microsoft's PE format; sizes and places as the file's own
 * alignments want them). The section comes last in the file and in memory. Throws NotPe when the image is none,
 * or has no room for another section header.
 */
export function withSection(image: Buffer, name: string, content: Buffer): Buffer {
  const headers = readHeaders(image)
  const { sections, table, sectionAlignment, fileAlignment, headerBytes } = headers
  const at = table + sections.length * SECTION_BYTES
  if (at + SECTION_BYTES > headerBytes) throw new NotPe('its headers have no room for a section')
  const address = align(Math.max(...sections.map((each) => each.memoryEnd), 0), sectionAlignment)
  const offset = align(image.length, fileAlignment)
  const rawBytes = align(content.length, fileAlignment)
  const result = Buffer.alloc(offset + rawBytes)
  image.copy(result)
  content.copy(result, offset)
  result.fill(0, at, at + SECTION_BYTES)
  result.write(name, at, 8, 'latin1')
  result.writeUInt32LE(content.length, at + 8)
  result.writeUInt32LE(address, at + 12)
  result.writeUInt32LE(rawBytes, at + 16)
  result.writeUInt32LE(offset, at + 20)
  result.writeUInt32LE(INITIALIZED_DATA | READABLE, at + 36)
  result.writeUInt16LE(sections.length + 1, headers.start + 6)
  result.writeUInt32LE(
    align(address + content.length, sectionAlignment),
    headers.optional + SIZE_OF_IMAGE,
  )
  // Of no consequence to firmware, and wrong now.
  result.writeUInt32LE(0, headers.optional + CHECKSUM)
  return result
}

const SECTION_BYTES = 40
const INITIALIZED_DATA = 0x40
const READABLE = 0x40000000

/** Fields of the optional header, the same in PE32 and PE32+. */
const SECTION_ALIGNMENT = 32
const FILE_ALIGNMENT = 36
const SIZE_OF_IMAGE = 56
const SIZE_OF_HEADERS = 60
const CHECKSUM = 64

function readHeaders(image: Buffer) {
  try {
    if (image.toString('latin1', 0, 2) !== 'MZ') throw new NotPe('it has no PE header')
    const start = image.readUInt32LE(0x3c)
    if (image.toString('latin1', start, start + 4) !== 'PE\0\0')
      throw new NotPe('it has no PE header')
    const optional = start + 24
    const table = optional + image.readUInt16LE(start + 20)
    const sections = Array.from({ length: image.readUInt16LE(start + 6) }, (_, index) => {
      const at = table + index * SECTION_BYTES
      return { memoryEnd: image.readUInt32LE(at + 12) + image.readUInt32LE(at + 8) }
    })
    const sectionAlignment = image.readUInt32LE(optional + SECTION_ALIGNMENT)
    const fileAlignment = image.readUInt32LE(optional + FILE_ALIGNMENT)
    if (sectionAlignment === 0 || fileAlignment === 0) throw new NotPe('it has no alignment')
    const headerBytes = image.readUInt32LE(optional + SIZE_OF_HEADERS)
    return { start, optional, table, sections, sectionAlignment, fileAlignment, headerBytes }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new NotPe('it ends before its headers say')
  }
}

function align(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment
}
