import { createReadStream } from 'node:fs'
import { constants, createZstdDecompress } from 'node:zlib'
import { updateDeltaErrors } from '../../errors/update-delta.ts'
import type { Artifact } from '../release.ts'
import type { Content } from '../slot/content.ts'
import { WINDOW_LOG } from './patch-format.ts'

/** An image that lies compressed in a file. Reading from an offset on unpacks what is before it too. */
export function unpackedContent({ sizeBytes, sha256 }: Artifact, file: string): Content {
  return {
    sizeBytes,
    sha256,
    async *read(offsetBytes) {
      let skip = offsetBytes
      for await (const piece of unpackFile(file, 'The compressed image')) {
        const skipped = Math.min(skip, piece.length)
        skip -= skipped
        if (skipped < piece.length) yield piece.subarray(skipped)
      }
    },
  }
}

/**
 * What a file of zstd has in it; no more memory than the window of WINDOW_LOG is taken.
 *
 * @throws SLIPWAY_UPDATE_DELTA_DAMAGED
 */
export async function* unpackFile(file: string, what: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file)
  const unpacked = createZstdDecompress({
    chunkSize: 1 << 16,
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
  })
  source.on('error', (error) => unpacked.destroy(error))
  source.pipe(unpacked)
  try {
    yield* unpacked
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw updateDeltaErrors.error('SLIPWAY_UPDATE_DELTA_DAMAGED', { what, reason }, error)
  } finally {
    source.destroy()
    unpacked.destroy()
  }
}
