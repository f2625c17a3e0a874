import type { Limits } from './limits.ts'

/**
 * The pieces as they come; fails when too few bytes came in a period. Only time that is spent waiting
 * counts: a slow disk on our side is not the server's fault.
 */
export async function* withMinimumProgress(
  pieces: AsyncGenerator<Buffer, void, undefined>,
  { bytes, periodMs }: Limits['progress'],
): AsyncGenerator<Buffer, void, undefined> {
  let [receivedBytes, waitedMs] = [0, 0]
  try {
    while (true) {
      const askedAt = performance.now()
      const { done, value } = await pieces.next()
      if (done) return
      waitedMs += performance.now() - askedAt
      receivedBytes += value.length
      if (waitedMs >= periodMs) {
        if (receivedBytes < bytes)
          throw new SlowError(`${receivedBytes} bytes in ${Math.round(waitedMs / 1000)} s`)
        ;[receivedBytes, waitedMs] = [0, 0]
      }
      yield value
    }
  } finally {
    await pieces.return()
  }
}

/** The other side sends, but so little that a download would never end. */
class SlowError extends Error {
  readonly code = 'ETIMEDOUT'
}
