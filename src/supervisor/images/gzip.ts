import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** The same content compressed; the same bits each time, so that registries know it again. */
export async function* gzipped(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const gzip = createGzip({ chunkSize: 64 * 1024 })
  const fed = pipeline(Readable.from(pieces), gzip)
  // Whoever reads is told by the stream itself.
  fed.catch(() => {})
  try {
    for await (const piece of gzip) yield Buffer.from(piece)
  } finally {
    gzip.destroy()
  }
}
