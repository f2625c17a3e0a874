import { setTimeout as delay } from 'node:timers/promises'
import { describeError, type Log } from '../../../journal/log.ts'

/** The address may come with the network, and the certificates from somewhere else. */
const retryMs = 10_000

/**
 * Begins to serve, and ends when it is closed. What keeps it from beginning is told, and tried again: the containers of
 * the host are not held up by it.
 *
 * @param begin serves until what it gives is closed
 */
export function servePersistently(
  what: string,
  log: Log,
  begin: () => Promise<{ close(): void }>,
): { close(): void } {
  const ending = new AbortController()
  const tryOn = async () => {
    for (let told = ''; !ending.signal.aborted; ) {
      try {
        const { close } = await begin()
        if (ending.signal.aborted) close()
        else ending.signal.addEventListener('abort', close)
        return
      } catch (error) {
        const reason = describeError(error)
        if (reason !== told) log.error(`${what} is not served: ${reason}`)
        told = reason
      }
      await delay(retryMs, undefined, { ref: false })
    }
  }
  void tryOn()
  return { close: () => ending.abort() }
}
