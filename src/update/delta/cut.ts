import { createHash } from 'node:crypto'

/** Content-defined chunks are between these two. */
export const MINIMUM_CHUNK_BYTES = 8 << 10
export const MAXIMUM_CHUNK_BYTES = 128 << 10
const AVERAGE_CHUNK_BYTES = 32 << 10

/**
 * The length of the chunk that begins at `start`: where the last 32 bytes make a certain sum, so that
 * content is cut at the same places wherever it lies. `bytes` must go on for MAXIMUM_CHUNK_BYTES from there, unless
 * the content ends earlier.
 *
 * FastCDC (Xia and others, 2016) with two levels of normalization; `docs/reference/release-repository.md`
 * tells it so that it can be written again.
 */
export function chunkLength(bytes: Uint8Array, start: number): number {
  const end = Math.min(bytes.length, start + MAXIMUM_CHUNK_BYTES)
  const average = Math.min(end, start + AVERAGE_CHUNK_BYTES)
  let sum = 0
  let at = start + MINIMUM_CHUNK_BYTES
  for (; at < average; at += 1) {
    sum = ((sum << 1) + (gear[bytes[at] ?? 0] ?? 0)) >>> 0
    if (sum >>> (32 - HARD_BITS) === 0) return at + 1 - start
  }
  for (; at < end; at += 1) {
    sum = ((sum << 1) + (gear[bytes[at] ?? 0] ?? 0)) >>> 0
    if (sum >>> (32 - EASY_BITS) === 0) return at + 1 - start
  }
  return end - start
}

/** So many of the sum's highest bits are 0 at a cut: before the average length, and after it. */
const HARD_BITS = 16
const EASY_BITS = 14

/** A number for each byte: the first four bytes, little-endian, of the SHA-256 of its decimal digits. */
const gear = Uint32Array.from({ length: 256 }, (_, byte) =>
  createHash('sha256').update(String(byte)).digest().readUInt32LE(0),
)

/** A chunk and where it begins; its bytes are overwritten by the next one's. */
export type Piece = { readonly offsetBytes: number; readonly bytes: Buffer }

/** Cuts content as it comes. */
export async function* cut(content: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const store = Buffer.allocUnsafe(8 * MAXIMUM_CHUNK_BYTES)
  let filled = 0
  let offsetBytes = 0
  function* chunks(isEnd: boolean): Generator<Piece> {
    let start = 0
    while (filled - start >= (isEnd ? 1 : MAXIMUM_CHUNK_BYTES)) {
      const length = chunkLength(store.subarray(0, filled), start)
      yield { offsetBytes, bytes: store.subarray(start, start + length) }
      start += length
      offsetBytes += length
    }
    store.copyWithin(0, start, filled)
    filled -= start
  }
  for await (const piece of content) {
    for (let used = 0; used < piece.length; ) {
      const part = piece.subarray(used, used + store.length - filled)
      store.set(part, filled)
      filled += part.length
      used += part.length
      if (filled === store.length) yield* chunks(false)
    }
  }
  yield* chunks(true)
}
