import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { describeError } from '../../journal/log.ts'
import type { Directories } from '../directories.ts'
import type { ApiContext } from './context.ts'
import { hijacked } from './hijack.ts'
import { answerTo, HttpError } from './http-error.ts'
import type { Route } from './request.ts'
import { routes } from './routes.ts'
import { socketPath } from './socket.ts'
import { apiVersion, withoutVersion } from './versions.ts'

/** Serves the API on a unix socket that only root can open. */
export async function serveApi(context: ApiContext): Promise<{ close(): void }> {
  const path = socketPath(context.directories)
  await rm(path, { force: true })
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    await answer(context, request, response).catch((error: unknown) => {
      const { status, message } = answerTo(error)
      if (status >= 500) context.log.error(`${request.method} ${request.url}: ${message}`)
      refuse(response, status, message)
    })
  }
  const server = createServer((request, response) => void serve(request, response))
  const streams = new Set<Socket>()
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    streams.add(socket)
    socket.once('close', () => streams.delete(socket))
    // Clients may go at any time.
    socket.on('error', (error) => context.log.warning(`${request.url}: ${describeError(error)}`))
    if (head.length > 0) socket.unshift(head)
    // Node has handed the connection over; whoever does not make a stream of it is answered all the same.
    const response = new ServerResponse(request)
    response.once('finish', () => socket.end())
    void serve(request, response).then(() => {
      if (!hijacked.has(response)) response.assignSocket(socket)
    })
  })
  // The mode is right from the first moment: nobody connects before.
  const umask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  } finally {
    process.umask(umask)
  }
  await chmod(path, 0o600)
  return { close: () => end(server, streams) }
}

/** Nobody is answered any more. Node does not know of connections that have become streams. */
function end(server: Server, streams: ReadonlySet<Socket>): void {
  server.close()
  server.closeAllConnections()
  for (const stream of streams) stream.destroy()
}

/** Two supervisors would undo each other's work: throws SLIPWAY_SUPERVISOR_ALREADY_RUNNING. */
export async function refuseSecondSupervisor(directories: Directories): Promise<void> {
  const socket = socketPath(directories)
  if (await answers(socket))
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_ALREADY_RUNNING', { socket })
}

async function answer(
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Api-Version', apiVersion)
  response.setHeader('Docker-Experimental', 'false')
  response.setHeader('Ostype', 'linux')
  response.setHeader('Server', `Slipway/${context.version} (linux)`)
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = withoutVersion(url.pathname.split('/').slice(1).map(decoded))
  for (const route of routes) {
    const parameters = match(route, path)
    if (parameters === undefined || !route.methods.includes(request.method ?? '')) continue
    await route.answer({ context, path: parameters, query: url.searchParams, request, response })
    return
  }
  throw new HttpError(404, 'page not found')
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent || hijacked.has(response)) {
    response.req.socket.destroy()
    return
  }
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(`${JSON.stringify({ message })}\n`)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new HttpError(400, `invalid path: ${part}`)
  }
}

/**
 * The values of the pattern's `{…}` parts; undefined when the path is another. `{name…}` takes several
 * parts, since the names of images have slashes.
 */
function match({ path: pattern }: Route, path: readonly string[]): string[] | undefined {
  const parts = pattern.split('/').slice(1)
  const many = parts.findIndex((part) => part.endsWith('…}'))
  const more = path.length - parts.length
  if (many < 0 ? more !== 0 : more < 0) return undefined
  const joined =
    many < 0
      ? path
      : [
          ...path.slice(0, many),
          path.slice(many, many + more + 1).join('/'),
          ...path.slice(many + more + 1),
        ]
  const fits = parts.every((part, index) => part.startsWith('{') || part === joined[index])
  return fits ? joined.filter((_name, index) => parts[index]?.startsWith('{')) : undefined
}

/** Someone listens at this socket: a file alone may be left from a supervisor that was killed. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
