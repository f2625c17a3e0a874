import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../../journal/log.ts'
import { JsonShapeError, parseJson } from '../../json/value.ts'
import type { Container } from '../containers/container.ts'
import { containerPaths, type Directories } from '../directories.ts'
import type { LogDriver } from '../runtime/conmon.ts'
import type { Supervisor } from '../supervisor.ts'

export type ApiContext = {
  readonly supervisor: Supervisor
  readonly directories: Directories
  readonly logDriver: LogDriver
  readonly version: string
  readonly log: Log
}

export type ApiRequest = {
  readonly context: ApiContext
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** The versions of Docker's Engine API whose shapes we answer with. */
export const apiVersion = '1.47'
export const minimumApiVersion = '1.40'

/** An answer other than 200 with Docker's error body. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Finds a container as Docker does: by id, by name, or by the beginning of its id. */
export function findContainer({ supervisor }: ApiContext, name: string): Container {
  const wanted = name.replace(/^\//, '')
  const { containers } = supervisor
  const exact = containers.find((container) => container.id === wanted || container.name === wanted)
  if (exact !== undefined) return exact
  const matches = containers.filter(({ id }) => wanted !== '' && id.startsWith(wanted))
  if (matches.length > 1) throw new HttpError(400, `several containers begin with ${wanted}`)
  if (matches[0] === undefined) throw new HttpError(404, `No such container: ${wanted}`)
  return matches[0]
}

/** More than any call has to say. */
const largestBodyBytes = 1024 * 1024

/** Reads a call's body as JSON; throws an HttpError for what `read` does not accept. */
export async function readJson<Value>(
  request: IncomingMessage,
  read: (body: unknown) => Value,
): Promise<Value> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    sizeBytes += bytes.length
    if (sizeBytes > largestBodyBytes) throw new HttpError(413, 'the request is too large')
    chunks.push(bytes)
  }
  try {
    return read(parseJson(Buffer.concat(chunks)))
  } catch (error) {
    if (error instanceof JsonShapeError) throw new HttpError(400, error.message)
    throw error
  }
}

/** Aborts when whoever asked has gone before the answer was complete. */
export function hungUp(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
}

export function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

export function logFileOf({ directories }: ApiContext, { id }: Container): string {
  return containerPaths(directories, id).logFile
}
