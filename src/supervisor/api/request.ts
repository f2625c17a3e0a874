import type { IncomingMessage, ServerResponse } from 'node:http'
import { JsonShapeError, parseJson } from '../../json/value.ts'
import type { ApiContext } from './context.ts'
import { HttpError } from './http-error.ts'
import type { Role } from './role.ts'

export type ApiRequest = {
  readonly context: ApiContext
  /** The values of the path's `{…}` parts. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export type Route = {
  readonly methods: readonly string[]
  readonly path: string
  /** The answer is a stream of bytes both ways: see `hijack`. */
  readonly upgrades?: true
  /** What whoever asks must be; `admin` unless told. */
  readonly role?: Role
  answer(request: ApiRequest): void | Promise<void>
}

/** More than any call has to say. */
const largestBodyBytes = 1024 * 1024

/**
 * Reads a call's body as JSON, `{}` if there is none. Throws an HttpError for what `read` does not
 * accept, and for a body that says it is something else.
 */
export async function readJson<Value>(
  request: IncomingMessage,
  read: (body: unknown) => Value,
): Promise<Value> {
  const bytes = await readBody(request)
  const type = request.headers['content-type']
  if (bytes.length > 0 && type !== undefined && !/^application\/json\s*(?:;|$)/.test(type))
    throw new HttpError(
      400,
      `unsupported Content-Type header (${type}): must be 'application/json'`,
    )
  return understood(() => read(bytes.length === 0 ? {} : parseJson(bytes)))
}

/** A body that is no JSON. Whoever stops reading it in the middle can still answer. */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) }
}

/** What a part of a body says. Throws an HttpError where it has another shape. */
export function understood<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof JsonShapeError) throw new HttpError(400, error.message)
    throw error
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    sizeBytes += bytes.length
    if (sizeBytes > largestBodyBytes) throw new HttpError(413, 'the request is too large')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

/** A flag of the query, as Docker reads it: anything but nothing, `0`, `no`, `false` and `none` is true. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)?.trim().toLowerCase() ?? ''
  return !['', '0', 'no', 'false', 'none'].includes(value)
}

/** A whole number of the query; undefined when it is absent. Throws an HttpError for anything else. */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^-?\d+$/.test(text)) throw new HttpError(400, `invalid value for ${name}: "${text}"`)
  return Number(text)
}

/** Aborts when whoever asked has gone before the answer was complete. */
export function hungUp(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

export function sendNothing(response: ServerResponse, status = 204): void {
  response.writeHead(status)
  response.end()
}
