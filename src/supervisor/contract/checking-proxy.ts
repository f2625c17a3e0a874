import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Contract } from './contract.ts'

/** A server between clients and an engine that holds what the engine says against the contract. */
export type CheckingProxy = {
  /** What was not as the contract says, each once. */
  readonly problems: ReadonlySet<string>
  /** How many answers were held against it. */
  readonly checked: () => number
  close(): Promise<void>
}

/** Streams of JSON have lines instead of one value. */
const streams = [
  /\/events$/,
  /\/stats$/,
  /\/images\/create$/,
  /\/images\/load$/,
  /\/push$/,
  /\/build$/,
]

/** @param socket of the engine @param front the socket that clients connect to */
export async function startCheckingProxy(
  contract: Contract,
  socket: string,
  front: string,
): Promise<CheckingProxy> {
  const problems = new Set<string>()
  let checked = 0
  const judge = (incoming: IncomingMessage, status: number, bytes: Buffer) => {
    const path = new URL(incoming.url ?? '/', 'http://localhost').pathname
    if (streams.some((pattern) => pattern.test(path)) && status === 200) return
    checked += 1
    const answer = { method: incoming.method ?? '', path, status, body: JSON.parse(String(bytes)) }
    for (const problem of contract.problems(answer)) problems.add(problem)
  }
  const server = createServer((incoming, outgoing) => forward(incoming, outgoing, socket, judge))
  server.on('upgrade', (incoming: IncomingMessage, client: Socket, head: Buffer) =>
    tunnel(incoming, client, head, socket),
  )
  server.listen(front)
  await once(server, 'listening')
  return {
    problems,
    checked: () => checked,
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  socketPath: string,
  judge: (incoming: IncomingMessage, status: number, bytes: Buffer) => void,
): void {
  const { method, url, rawHeaders } = incoming
  const onward = request({ socketPath, method, path: url, headers: [...rawHeaders] }, (answer) => {
    const { statusCode = 0, headers } = answer
    outgoing.writeHead(statusCode, answer.rawHeaders)
    outgoing.flushHeaders()
    const pieces: Buffer[] = []
    const isJson = headers['content-type']?.startsWith('application/json') === true
    answer.on('data', (piece: Buffer) => {
      outgoing.write(piece)
      if (isJson) pieces.push(piece)
    })
    answer.once('end', () => {
      outgoing.end()
      if (pieces.length > 0) judge(incoming, statusCode, Buffer.concat(pieces))
    })
    answer.once('error', () => outgoing.destroy())
  })
  onward.once('error', () => outgoing.destroy())
  outgoing.once('close', () => onward.destroy())
  incoming.pipe(onward)
}

/** Streams both ways are not looked at. */
function tunnel(incoming: IncomingMessage, client: Socket, head: Buffer, path: string): void {
  const engine = connect({ path, allowHalfOpen: true })
  const { method, url, rawHeaders } = incoming
  const lines = [`${method} ${url} HTTP/1.1`]
  for (let at = 0; at < rawHeaders.length; at += 2)
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  engine.write(`${lines.join('\r\n')}\r\n\r\n`)
  incoming.on('data', (piece: Buffer) => engine.write(piece))
  if (head.length > 0) engine.write(head)
  client.pipe(engine).pipe(client)
  for (const side of [client, engine])
    side.on('error', () => [client, engine].map((one) => one.destroy()))
}
