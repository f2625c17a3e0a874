import type { IncomingMessage, Server } from 'node:http'
import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describeError } from '../../journal/log.ts'
import type { ApiContext } from './context.ts'
import { hijacked } from './hijack.ts'
import { answerTo, HttpError } from './http-error.ts'
import type { Route } from './request.ts'
import { mayAct, type Role } from './role.ts'
import { routes } from './routes.ts'
import { apiVersion, withoutVersion } from './versions.ts'

/** How long a server of the API waits for clients: headers are short, and an image that is loaded may take its time. */
export const patience = {
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5000,
  requestTimeout: 0,
}

/**
 * Answers what arrives at a server, and gives what ends it: nobody is answered from then on.
 *
 * @param roleOf what the client of a connection may do; undefined for nothing at all
 */
export function answering(
  server: Server,
  context: ApiContext,
  roleOf: (socket: Socket) => Role | undefined,
): { end(): void } {
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    await answer(context, roleOf(request.socket), request, response).catch((error: unknown) => {
      const { status, message } = answerTo(error)
      if (status >= 500) context.log.error(`${request.method} ${request.url}: ${message}`)
      refuse(response, status, message)
    })
  }
  server.on('request', (request, response) => {
    // Who was answered in the middle of what is sent, such as an archive, may read only when all is sent.
    response.once('finish', () => request.resume())
    void serve(request, response)
  })
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
  return {
    end: () => {
      server.close()
      server.closeAllConnections()
      // Node does not know of connections that have become streams.
      for (const stream of streams) stream.destroy()
    },
  }
}

async function answer(
  context: ApiContext,
  role: Role | undefined,
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
    allow(role, route)
    await route.answer({ context, path: parameters, query: url.searchParams, request, response })
    return
  }
  throw new HttpError(404, 'page not found')
}

/** A route without a role of its own is for those who may do everything. */
function allow(has: Role | undefined, { role: needs = 'admin', methods, path }: Route): void {
  if (has === undefined)
    throw new HttpError(403, 'the certificate of this client has no role on this host')
  if (!mayAct(has, needs))
    throw new HttpError(
      403,
      `${methods.join(', ')} ${path} is for the role ${needs}, and this client is ${has}`,
    )
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
