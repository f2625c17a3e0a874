import { answering } from '../answering.ts'
import type { ApiContext } from '../context.ts'
import { listenForClients, roleBySubject } from './listener.ts'
import { servePersistently } from './persistent.ts'
import type { RemoteApiSettings } from './settings.ts'

/** Serves the API over TLS until it is closed. */
export function serveRemoteApi(
  context: ApiContext,
  settings: RemoteApiSettings,
): { close(): void } {
  const { log } = context
  return servePersistently('the API', log, async () => {
    const listener = await listenForClients('the API', settings, log)
    const { end } = answering(listener.server, context, (socket) =>
      roleBySubject(socket, settings.roles),
    )
    log.info(`the API listens at ${settings.address}, port ${settings.port}`)
    return {
      close: () => {
        listener.close()
        end()
      },
    }
  })
}
