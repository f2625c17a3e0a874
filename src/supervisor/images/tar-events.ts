import { pipeline } from 'node:stream'
import { decompressor, detectCompression } from './decompress.ts'
import type { TarHeader } from './tar-header.ts'
import { TarReader } from './tar-reader.ts'
import { peek } from './unpack.ts'

export type TarEvent =
  | { readonly kind: 'entry'; readonly header: TarHeader }
  | { readonly kind: 'content'; readonly piece: Buffer }
  | { readonly kind: 'end' }

/**
 * What a tar says, in its order: each entry, its content, its end. It may be compressed by gzip or
 * zstd. Throws a TarFormatError, and what the source or the decompressor throws.
 */
export async function* tarEvents(source: AsyncIterable<Buffer>): AsyncGenerator<TarEvent> {
  const { start, all } = await peek(source)
  // Nothing at all is an empty archive.
  if (start.length === 0) return
  const events: TarEvent[] = []
  const reader = new TarReader({
    entry: (header) => events.push({ kind: 'entry', header }),
    content: (piece) => events.push({ kind: 'content', piece }),
    entryEnd: () => events.push({ kind: 'end' }),
  })
  const plain = decompressor(detectCompression(start))
  // Its errors come out of the loop.
  pipeline(all, plain, () => {})
  for await (const chunk of plain) {
    reader.write(chunk)
    yield* events.splice(0)
  }
  reader.finish()
}
