import { setTimeout as delay } from 'node:timers/promises'
import { describeError } from '../../../journal/log.ts'
import { answering } from '../answering.ts'
import type { ApiContext } from '../context.ts'
import { listenForClients } from './listener.ts'
import type { RemoteApiSettings } from './settings.ts'

/** The address may come with the network, and the certificates from somewhere else. */
const retryMs = 10_000

/**
 * Serves the API over TLS until it is closed. What keeps it from that is told, and tried again: the containers of the
 * host are not held up by it.
 */
export function serveRemoteApi(
  context: ApiContext,
  settings: RemoteApiSettings,
): { close(): void } {
  const { log } = context
  const ending = new AbortController()
  const begin = async () => {
    for (let told = ''; !ending.signal.aborted; ) {
      try {
        const listener = await listenForClients(settings, log)
        const { end } = answering(listener.server, context, listener.roleOf)
        const close = () => {
          listener.close()
          end()
        }
        if (ending.signal.aborted) close()
        else ending.signal.addEventListener('abort', close)
        log.info(`the API listens at ${settings.address}, port ${settings.port}`)
        return
      } catch (error) {
        const reason = describeError(error)
        if (reason !== told) log.error(`the API is not served over TLS: ${reason}`)
        told = reason
      }
      await delay(retryMs, undefined, { ref: false })
    }
  }
  void begin()
  return { close: () => ending.abort() }
}
