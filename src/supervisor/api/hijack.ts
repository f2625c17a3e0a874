import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Docker's names for a stream that is framed, and for one of a terminal. */
const multiplexed = 'application/vnd.docker.multiplexed-stream'
const raw = 'application/vnd.docker.raw-stream'

export function streamType(framed: boolean): string {
  return framed ? multiplexed : raw
}

/** Answers that are none, since their connections have become streams. */
export const hijacked = new WeakSet<ServerResponse>()

/**
 * Makes a connection that asked for it a stream of bytes both ways, and says so. Undefined when it did
 * not ask: then only output can be sent, as an ordinary answer.
 */
export function hijack(
  request: IncomingMessage,
  response: ServerResponse,
  framed: boolean,
): Socket | undefined {
  if (request.headers.upgrade === undefined) return undefined
  const { socket } = request
  hijacked.add(response)
  socket.setTimeout(0)
  // What comes before somebody reads would be lost.
  socket.pause()
  const head = [
    'HTTP/1.1 101 UPGRADED',
    `Content-Type: ${streamType(framed)}`,
    'Connection: Upgrade',
    `Upgrade: ${request.headers.upgrade}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  return socket
}
