import { createHash } from 'node:crypto'

/** What was had over the network, for the report: the bytes as they came, before any decompression. */
export type Fetched = {
  readonly source: string
  readonly sizeBytes: number
  readonly sha256: string
}

/** Has bytes consumed, and gives what they were beside what came of them. Throws what `consume` throws. */
export async function witnessed<Result>(
  source: string,
  bytes: AsyncIterable<Uint8Array>,
  consume: (bytes: AsyncIterable<Uint8Array>) => Promise<Result>,
): Promise<{ readonly result: Result; readonly fetched: Fetched }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  async function* seen(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of bytes) {
      hash.update(piece)
      sizeBytes += piece.length
      yield piece
    }
  }
  const result = await consume(seen())
  return { result, fetched: { source, sizeBytes, sha256: hash.digest('hex') } }
}
