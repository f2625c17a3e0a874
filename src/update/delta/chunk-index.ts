import { constants, zstdDecompressSync } from 'node:zlib'
import { updateDeltaErrors } from '../../errors/update-delta.ts'
import { MAXIMUM_CHUNK_BYTES } from './cut.ts'
import { WINDOW_LOG } from './patch-format.ts'

/** A chunk and where it lies, packed, in the pack. */
export type Chunk = {
  /** SHA-256 of its bytes, hexadecimal. */
  readonly sha256: string
  readonly sizeBytes: number
  readonly packOffset: number
  readonly packedBytes: number
}

/** The parts of a release that are made of chunks. */
export type ChunkedPart = 'usr' | 'uki'
export const chunkedParts = ['usr', 'uki'] as const

/** Which chunks make the parts of a release, one after the other. */
export type ChunkIndex = Readonly<Record<ChunkedPart, readonly Chunk[]>>

const MAGIC = 'slipway index 1\n'
/** Of a chunk: digest, length, length in the pack. */
const ENTRY_BYTES = 40

/**
 * The content of an index file, under zstd, all numbers unsigned, 32-bit, little-endian: the magic; how many
 * different chunks there are, and of each its SHA-256, its length, its length in the pack, in which they lie in
 * this order without gaps; then, for usr and for uki, how many chunks make it, and of each its number, less
 * the number of the one before it and less 1 (modulo 2^32; before the first: 0 - 1).
 */
export function encodeIndex(
  chunks: readonly Chunk[],
  parts: Record<ChunkedPart, number[]>,
): Buffer {
  const numbers = (values: readonly number[]) => {
    const bytes = Buffer.alloc(4 * values.length)
    for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, 4 * index)
    return bytes
  }
  return Buffer.concat([
    Buffer.from(MAGIC),
    numbers([chunks.length]),
    ...chunks.flatMap(({ sha256, sizeBytes, packedBytes }) => [
      Buffer.from(sha256, 'hex'),
      numbers([sizeBytes, packedBytes]),
    ]),
    ...chunkedParts.map((part) => {
      const own = parts[part]
      return numbers([own.length, ...own.map((each, at) => each - (own[at - 1] ?? -1) - 1)])
    }),
  ])
}

/** An index of a gigabyte of the shortest chunks is no larger. */
const INDEX_LIMIT_BYTES = 8 << 20

/**
 * Reads an index file whose digest was found right. `packBytes` and `sizes` are those of the description.
 *
 * @throws SLIPWAY_UPDATE_DELTA_DAMAGED
 */
export function parseIndex(
  packed: Uint8Array,
  packBytes: number,
  sizes: Readonly<Record<ChunkedPart, number>>,
): ChunkIndex {
  const damaged = (reason: string, cause?: unknown) =>
    updateDeltaErrors.error('SLIPWAY_UPDATE_DELTA_DAMAGED', { what: 'The index', reason }, cause)
  const bytes = unpack(packed, damaged)
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) throw damaged('it is none')
  let at = MAGIC.length
  const number = () => {
    if (at + 4 > bytes.length) throw damaged('it ends early')
    at += 4
    return bytes.readUInt32LE(at - 4)
  }
  const count = number()
  if (at + count * ENTRY_BYTES > bytes.length) throw damaged('it ends early')
  const chunks: Chunk[] = []
  let packOffset = 0
  for (let index = 0; index < count; index += 1) {
    const sha256 = bytes.toString('hex', at, at + 32)
    at += 32
    const [sizeBytes, packedBytes] = [number(), number()]
    if (sizeBytes === 0 || sizeBytes > MAXIMUM_CHUNK_BYTES || packedBytes > 2 * MAXIMUM_CHUNK_BYTES)
      throw damaged(`chunk ${index} has ${sizeBytes} bytes, ${packedBytes} packed`)
    chunks.push({ sha256, sizeBytes, packOffset, packedBytes })
    packOffset += packedBytes
  }
  if (packOffset !== packBytes) throw damaged('it is for a pack of another length')
  const chunksOf = (part: ChunkedPart): Chunk[] => {
    const length = number()
    if (length > (bytes.length - at) / 4) throw damaged('it ends early')
    let last = -1
    let total = 0
    const own = Array.from({ length }, () => {
      last = (last + 1 + number()) >>> 0
      const chunk = chunks[last]
      if (chunk === undefined) throw damaged(`it has no chunk ${last}`)
      total += chunk.sizeBytes
      return chunk
    })
    if (total !== sizes[part]) throw damaged(`its ${part} has ${total} bytes`)
    return own
  }
  const index = { usr: chunksOf('usr'), uki: chunksOf('uki') }
  if (at !== bytes.length) throw damaged('it goes on behind its end')
  return index
}

function unpack(packed: Uint8Array, damaged: (reason: string, cause: unknown) => Error): Buffer {
  try {
    return zstdDecompressSync(packed, {
      maxOutputLength: INDEX_LIMIT_BYTES,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    })
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause)
  }
}
