import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { type Endpoint, requestTo, titleOf } from './endpoint.ts'

/** Asks the supervisor for JSON. Throws the errors of SLIPWAY_SUPERVISOR_*. */
export async function getJson(endpoint: Endpoint, path: string): Promise<unknown> {
  const response = await get(endpoint, path)
  return JSON.parse(await readAll(response))
}

/** Asks the supervisor for a stream; the answer's status is 200. */
export async function get(endpoint: Endpoint, path: string): Promise<IncomingMessage> {
  return await accepted(await send(endpoint, path))
}

/**
 * Has the supervisor do something, and waits until it is done; when `signal` aborts, the supervisor
 * notices. Throws the errors of SLIPWAY_SUPERVISOR_*, and an AbortError.
 */
export async function postJson(
  endpoint: Endpoint,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const sent = await send(endpoint, path, { body, ...(signal && { signal }) })
  return JSON.parse(await readAll(await accepted(sent)))
}

/** What to ask for beside getting something. */
export type Asking = {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, or as it comes. */
  readonly body?: object | Readable
}

/**
 * Asks the supervisor for anything, and gives what it answers, which may be nothing. Throws
 * SLIPWAY_SUPERVISOR_REQUEST_FAILED and SLIPWAY_SUPERVISOR_UNREACHABLE.
 */
export async function ask(endpoint: Endpoint, path: string, asking: Asking): Promise<string> {
  const { method, body, headers = {} } = asking
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const type = {
      'Content-Type': body instanceof Readable ? 'application/x-tar' : 'application/json',
    }
    const sent = requestTo(endpoint, { path, method, headers: { ...type, ...headers } }, resolve)
    sent.once('error', (error: NodeJS.ErrnoException) => reject(unreachable(endpoint, error)))
    if (body instanceof Readable) pipeline(body, sent, (error) => error && reject(error))
    else sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
  return await readAll(await accepted(response))
}

/** Asks for a stream of bytes both ways. Throws as `ask` does. */
export async function upgraded(endpoint: Endpoint, path: string): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const headers = { Connection: 'Upgrade', Upgrade: 'tcp' }
    const sent = requestTo(endpoint, { path, method: 'POST', headers })
    sent.once('error', (error: NodeJS.ErrnoException) => reject(unreachable(endpoint, error)))
    sent.once('response', (response: IncomingMessage) =>
      accepted(response).then(() => response.destroy(), reject),
    )
    sent.once('upgrade', (_response, socket: Socket, head: Buffer) => {
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    sent.end()
  })
}

async function accepted(response: IncomingMessage): Promise<IncomingMessage> {
  const { statusCode = 0 } = response
  if (statusCode >= 200 && statusCode < 300) return response
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_REQUEST_FAILED', {
    status: response.statusCode ?? 0,
    reason: reasonOf(await readAll(response)),
  })
}

function send(
  endpoint: Endpoint,
  path: string,
  { body, signal }: { body?: unknown; signal?: AbortSignal } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = requestTo(endpoint, { path, method, ...(signal && { signal }) }, resolve)
    sent.once('error', (error: NodeJS.ErrnoException) =>
      reject(signal?.aborted ? error : unreachable(endpoint, error)),
    )
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function unreachable(endpoint: Endpoint, error: NodeJS.ErrnoException): Error {
  const socket = titleOf(endpoint)
  if (typeof endpoint !== 'string') {
    const reason = error.message || (error.code ?? 'no connection')
    return supervisorErrors.error(
      'SLIPWAY_SUPERVISOR_HOST_UNREACHABLE',
      { host: socket, reason },
      error,
    )
  }
  const reason = reasons[error.code ?? ''] ?? error.message
  return supervisorErrors.error('SLIPWAY_SUPERVISOR_UNREACHABLE', { socket, reason }, error)
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the socket does not exist, so the supervisor has not started',
  ECONNREFUSED: 'nobody listens there, so the supervisor is not running',
  EACCES: 'permission denied',
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

function reasonOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed)
      return String(parsed.message)
  } catch {
    // Not JSON: shown as it is.
  }
  return body.trim()
}
