import { once } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'

export type Seen = {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  readonly remotePort: number
}

export type Reply = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Cuts the connection after the body, of which more was promised. */
  readonly cut?: boolean
}

/** A web server on loopback that answers by a function and remembers what it was asked. */
export type WebServer = AsyncDisposable & {
  readonly port: number
  readonly seen: readonly Seen[]
}

/** `reply` gets the request and how many came before it; undefined leaves it without an answer. */
export async function serve(
  reply: (request: Seen, before: number) => Reply | undefined,
  secure?: { readonly key: string | Buffer; readonly cert: string | Buffer },
  host = '127.0.0.1',
  port = 0,
): Promise<WebServer> {
  const seen: Seen[] = []
  const listener: http.RequestListener = async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString()
    const { method = '', url = '', headers, socket } = request
    const entry = { method, path: url, headers, body, remotePort: socket.remotePort ?? 0 }
    const answer = reply(entry, seen.push(entry) - 1)
    if (answer === undefined) return
    const data = Buffer.from(answer.body ?? '')
    const length = answer.cut ? data.length + 1000 : data.length
    response.writeHead(answer.status ?? 200, { 'content-length': length, ...answer.headers })
    if (answer.cut) response.write(data, () => setTimeout(() => socket.destroy(), 20))
    else response.end(data)
  }
  const server = secure ? https.createServer(secure, listener) : http.createServer(listener)
  return { ...(await listen(server, host, port)), seen }
}

/** Tunnels of a proxy included, its end ends every connection. */
export async function listen(
  server: Server,
  host = '127.0.0.1',
  port = 0,
): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
