import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { describeError, type Log } from '../../journal/log.ts'
import { patience } from '../api/answering.ts'
import { listenForClients } from '../api/remote/listener.ts'
import { servePersistently } from '../api/remote/persistent.ts'
import type { Directories } from '../directories.ts'
import type { ForwardCounts } from '../logs/forward/forwarder.ts'
import { sampleOf } from '../stats/sample.ts'
import type { Supervisor } from '../supervisor.ts'
import { containerFamilies } from './container-families.ts'
import { engineFamilies } from './engine-families.ts'
import { EventCounts } from './event-counts.ts'
import { expositionText, expositionType } from './exposition.ts'
import type { MetricsSettings } from './settings.ts'

export type MetricsOptions = {
  readonly settings: MetricsSettings
  readonly supervisor: Supervisor
  readonly directories: Directories
  readonly forwarding: () => ReadonlyMap<string, ForwardCounts>
  readonly version: string
  readonly log: Log
}

const what = 'the metrics endpoint'
/** Those who ask are few, and each answer takes a look at every container. */
const maximumConnections = 64

/** Serves `GET /metrics` until it is closed. */
export function serveMetrics(options: MetricsOptions): { close(): void } {
  const { settings, supervisor, log } = options
  const closing = new AbortController()
  const events = new EventCounts(supervisor.events, closing.signal)
  const startedAt = new Date()
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    respond(request, response, () => metricsText(options, events, startedAt)).catch(
      (error: unknown) => {
        log.error(`${request.method} ${request.url}: ${describeError(error)}`)
        if (!response.headersSent) response.writeHead(500)
        response.end()
      },
    )
  }
  const serving = servePersistently(what, log, async () => {
    const { server, close } = await listen(settings, log)
    server.maxConnections = maximumConnections
    server.on('request', answer)
    log.info(`metrics are served at ${settings.address}, port ${settings.port}`)
    return {
      close: () => {
        close()
        server.close()
        server.closeAllConnections()
      },
    }
  })
  return {
    close: () => {
      closing.abort()
      serving.close()
    },
  }
}

async function metricsText(
  { supervisor, directories, forwarding, version }: MetricsOptions,
  events: EventCounts,
  startedAt: Date,
): Promise<string> {
  const { containers, health, declaration, failures } = supervisor
  const looks = await Promise.all(
    containers.map(async (container) => ({
      container,
      figures: await sampleOf(container, directories.cgroup),
      health: container.state.status === 'running' ? health.of(container.id)?.status : undefined,
    })),
  )
  const { user, system } = process.cpuUsage()
  return expositionText([
    ...engineFamilies({
      version,
      startedAt,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      failures: failures.length,
      problems: declaration.problems.length,
      images: (await supervisor.images.images()).length,
      events: events.all,
      forwarding: forwarding(),
    }),
    ...containerFamilies(looks),
  ])
}

async function respond(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  text: () => Promise<string>,
): Promise<void> {
  const refuse = (status: number, words: string) => {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${words}\n`)
  }
  if (url?.split('?', 1)[0] !== '/metrics') return refuse(404, 'there is nothing but /metrics')
  if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'metrics can be read only')
  const body = Buffer.from(await text())
  response.writeHead(200, { 'Content-Type': expositionType, 'Content-Length': body.length })
  response.end(method === 'HEAD' ? undefined : body)
}

async function listen(
  { tls, ...place }: MetricsSettings,
  log: Log,
): Promise<{ server: Server; close(): void }> {
  if (tls !== undefined) return await listenForClients(what, { ...place, ...tls }, log)
  const server = createServer(patience)
  const { address, port } = place
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const details = { what, address, port, reason: describeError(error) }
      reject(supervisorErrors.error('SLIPWAY_SUPERVISOR_API_NOT_LISTENING', details, error))
    })
    server.listen(port, address, resolve)
  })
  return { server, close: () => {} }
}
