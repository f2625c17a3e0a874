import { createHash } from 'node:crypto'
import {
  type Chunk,
  type ChunkedPart,
  chunkedParts,
  encodeIndex,
} from '../../update/delta/chunk-index.ts'
import { chunkLength } from '../../update/delta/cut.ts'
import { compressForTransport } from './compress.ts'

/** Level 19 would save two in a hundred and take four times as long. */
const LEVEL = 12

/** Cuts the parts of a release into chunks: a pack with each different chunk once, and its index. */
export async function packChunks(
  parts: Readonly<Record<ChunkedPart, Buffer>>,
): Promise<{ readonly index: Buffer; readonly pack: Buffer }> {
  const known = new Map<string, number>()
  const chunks: Chunk[] = []
  const packed: Buffer[] = []
  const numbers: Record<ChunkedPart, number[]> = { usr: [], uki: [] }
  let packOffset = 0
  for (const part of chunkedParts) {
    const bytes = parts[part]
    for (let start = 0; start < bytes.length; ) {
      const chunk = bytes.subarray(start, start + chunkLength(bytes, start))
      start += chunk.length
      const sha256 = createHash('sha256').update(chunk).digest('hex')
      let number = known.get(sha256)
      if (number === undefined) {
        const content = await compressForTransport(chunk, LEVEL)
        number = chunks.length
        known.set(sha256, number)
        packed.push(content)
        chunks.push({ sha256, sizeBytes: chunk.length, packOffset, packedBytes: content.length })
        packOffset += content.length
      }
      numbers[part].push(number)
    }
  }
  const index = await compressForTransport(encodeIndex(chunks, numbers))
  return { index, pack: Buffer.concat(packed) }
}
