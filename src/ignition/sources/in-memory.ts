import { ignitionErrors } from '../../errors/ignition.ts'
import { sourceName } from './source-url.ts'

/** What of memory a config, a key, a certificate or user data may take. */
const memoryLimitBytes = 64 * 1024 * 1024

/** All bytes together; throws SLIPWAY_IGNITION_FETCH_TOO_LARGE as soon as there are too many. */
export async function inMemory(
  bytes: AsyncIterable<Uint8Array>,
  source: string,
  limitBytes = memoryLimitBytes,
): Promise<Buffer> {
  const kept: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of bytes) {
    sizeBytes += piece.length
    if (sizeBytes > limitBytes) {
      const details = { source: sourceName(source), limit: limitBytes }
      throw ignitionErrors.error('SLIPWAY_IGNITION_FETCH_TOO_LARGE', details)
    }
    kept.push(piece)
  }
  return Buffer.concat(kept)
}
