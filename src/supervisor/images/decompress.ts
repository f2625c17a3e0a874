import { PassThrough, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

export type Compression = 'none' | 'gzip' | 'zstd'

/** How much of a stream `detectCompression` looks at. */
export const magicBytes = 4

/**
 * Tells the compression by the first bytes. As other engines do: tools exist that label layers with
 * the media type of another compression.
 */
export function detectCompression(start: Buffer): Compression {
  if (start.length >= 2 && start.readUInt16BE(0) === 0x1f8b) return 'gzip'
  if (start.length < 4) return 'none'
  const word = start.readUInt32LE(0)
  // RFC 8878: a frame, or a skippable frame before it.
  return word === 0xfd2fb528 || (word & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : 'none'
}

/** A stream that undoes the compression; it fails when the compressed data is cut short. */
export function decompressor(compression: Compression): Transform {
  const chunkSize = 128 * 1024
  if (compression === 'gzip') return createGunzip({ chunkSize })
  if (compression === 'zstd') return createZstdDecompress({ chunkSize })
  return new PassThrough()
}

/** True for what zlib says about data that is not what it should be. */
export function isDecompressionError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false
  return /^(?:Z_|ZSTD_|ERR_ZLIB)/.test(String(error.code))
}
