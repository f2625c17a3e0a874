import { type IncomingMessage, request } from 'node:http'
import { supervisorErrors } from '../../errors/supervisor.ts'

/** Asks the supervisor for JSON. Throws the errors of SLIPWAY_SUPERVISOR_*. */
export async function getJson(socketPath: string, path: string): Promise<unknown> {
  const response = await get(socketPath, path)
  return JSON.parse(await readAll(response))
}

/** Asks the supervisor for a stream; the answer's status is 200. */
export async function get(socketPath: string, path: string): Promise<IncomingMessage> {
  return await accepted(await send(socketPath, path))
}

/**
 * Has the supervisor do something, and waits until it is done; when `signal` aborts, the supervisor
 * notices. Throws the errors of SLIPWAY_SUPERVISOR_*, and an AbortError.
 */
export async function postJson(
  socketPath: string,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const sent = await send(socketPath, path, { body, ...(signal && { signal }) })
  return JSON.parse(await readAll(await accepted(sent)))
}

async function accepted(response: IncomingMessage): Promise<IncomingMessage> {
  if (response.statusCode === 200) return response
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_REQUEST_FAILED', {
    status: response.statusCode ?? 0,
    reason: reasonOf(await readAll(response)),
  })
}

function send(
  socketPath: string,
  path: string,
  { body, signal }: { body?: unknown; signal?: AbortSignal } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = request({ socketPath, path, method, ...(signal && { signal }) }, resolve)
    sent.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        signal?.aborted
          ? error
          : supervisorErrors.error(
              'SLIPWAY_SUPERVISOR_UNREACHABLE',
              { socket: socketPath, reason: reasons[error.code ?? ''] ?? error.message },
              error,
            ),
      ),
    )
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
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
