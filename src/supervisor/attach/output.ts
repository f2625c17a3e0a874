import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** Writes what comes to a client as fast as it takes it, until the end of either. */
export async function pump(
  pieces: AsyncIterable<Buffer | undefined>,
  client: Writable,
  signal: AbortSignal,
): Promise<void> {
  for await (const piece of pieces) {
    if (signal.aborted) return
    if (piece === undefined || client.write(piece)) continue
    // The client may go while it is slow, which the next round notices.
    await once(client, 'drain', { signal }).catch(() => {})
  }
}
