import { type IncomingMessage, request } from 'node:http'
import { supervisorErrors } from '../errors/supervisor.ts'

/** Asks the supervisor for JSON. Throws the errors of SLIPWAY_SUPERVISOR_*. */
export async function getJson(socketPath: string, path: string): Promise<unknown> {
  const response = await get(socketPath, path)
  return JSON.parse(await readAll(response))
}

/** Asks the supervisor for a stream; the answer's status is 200. */
export async function get(socketPath: string, path: string): Promise<IncomingMessage> {
  const response = await send(socketPath, path)
  if (response.statusCode === 200) return response
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_REQUEST_FAILED', {
    status: response.statusCode ?? 0,
    reason: reasonOf(await readAll(response)),
  })
}

function send(socketPath: string, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method: 'GET' }, resolve)
    sent.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        supervisorErrors.error(
          'SLIPWAY_SUPERVISOR_UNREACHABLE',
          { socket: socketPath, reason: reasons[error.code ?? ''] ?? error.message },
          error,
        ),
      ),
    )
    sent.end()
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
