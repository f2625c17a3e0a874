import type { Content } from '../content.ts'
import { sha256Of } from './sha256.ts'

/** Bytes as a content that comes in pieces of odd sizes. */
export function contentOf(bytes: Buffer, pieceBytes = 70_001): Content {
  return {
    sizeBytes: bytes.length,
    sha256: sha256Of(bytes),
    async *read(offsetBytes) {
      for (let at = offsetBytes; at < bytes.length; at += pieceBytes)
        yield bytes.subarray(at, at + pieceBytes)
    },
  }
}
