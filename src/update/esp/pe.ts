import type { FileHandle } from 'node:fs/promises'

/** Bytes of a PE file that its headers may take: more is no UKI of ours. */
const MAXIMUM_HEADER = 64 << 10

/** A file too short for what its headers promise, or without headers. */
export class NotPe extends Error {}

/**
 * The content of a section of a PE file without the padding at its end; undefined when it has none of that
 * name. `read` gives bytes of the file. Throws NotPe when the file is not a PE file.
 */
export async function peSection(
  read: (position: number, length: number) => Promise<Buffer>,
  name: string,
): Promise<Buffer | undefined> {
  const header = await read(0, 4096)
  if (header.length < 64 || header.toString('latin1', 0, 2) !== 'MZ')
    throw new NotPe('it has no PE header')
  const start = header.readUInt32LE(0x3c)
  if (start > MAXIMUM_HEADER) throw new NotPe('its PE header is out of reach')
  const fileHeader = await exactly(read, start, 24)
  if (fileHeader.toString('latin1', 0, 4) !== 'PE\0\0') throw new NotPe('it has no PE header')
  const sections = fileHeader.readUInt16LE(6)
  const optionalBytes = fileHeader.readUInt16LE(20)
  const table = await exactly(read, start + 24 + optionalBytes, sections * SECTION_BYTES)
  for (let at = 0; at < table.length; at += SECTION_BYTES) {
    if (table.toString('latin1', at, at + 8).replace(/\0.*$/s, '') !== name) continue
    const [virtualBytes, rawBytes] = [table.readUInt32LE(at + 8), table.readUInt32LE(at + 16)]
    const length = Math.min(virtualBytes, rawBytes)
    if (length > MAXIMUM_TEXT) throw new NotPe(`its section ${name} is too long`)
    return await exactly(read, table.readUInt32LE(at + 20), length)
  }
  return undefined
}

/** Reads from an open file. */
export function readerOf(file: FileHandle): (position: number, length: number) => Promise<Buffer> {
  return async (position, length) => {
    const bytes = Buffer.alloc(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await file.read(bytes, done, length - done, position + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  }
}

const SECTION_BYTES = 40

/** Of the sections that are read: texts. */
const MAXIMUM_TEXT = 64 << 10

async function exactly(
  read: (position: number, length: number) => Promise<Buffer>,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = await read(position, length)
  if (bytes.length < length) throw new NotPe('it ends before its headers say')
  return bytes
}
