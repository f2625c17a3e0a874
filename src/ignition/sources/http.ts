import type { IncomingMessage } from 'node:http'
import { STATUS_CODES } from 'node:http'
import { ignitionErrors } from '../../errors/ignition.ts'
import { retryAfterMs } from '../../http/retry.ts'
import type { Log } from '../log.ts'
import { exchange, type HttpSettings, pieces } from './exchange.ts'
import { NetworkFailure } from './failure.ts'
import { basicCredentials, type HttpTarget, redirectTarget } from './http-target.ts'
import { persist } from './persistence.ts'
import { sourceName } from './source-url.ts'

export type HttpRequest = {
  readonly target: HttpTarget
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'POST'
  /** Instead of or beside the usual ones; not sent to where a redirect leads. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Answers below 500 that may become better ones. */
  readonly retryStatuses?: readonly number[]
  /** The port to connect from, chosen for each try anew. */
  readonly localPort?: () => number
  /** Past every proxy: metadata services are of this machine alone, and what they tell is secret. */
  readonly isDirect?: boolean
  /** Whether the bytes are held against a hash, so that it does not count who brings them. */
  readonly isVerified?: boolean
}

export type HttpAnswer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly bytes: AsyncIterable<Buffer>
}

export type HttpSurroundings = {
  readonly settings: HttpSettings
  readonly log: Log
  readonly signal: AbortSignal | undefined
}

const maximumRedirects = 20

/** What the reference implementation of the same behaviour calls itself, with our name after it. */
const userAgent = 'Ignition/2.26.0 Slipway'

const usualHeaders: Readonly<Record<string, string>> = {
  accept: 'application/vnd.coreos.ignition+json;version=3.6.0, */*;q=0.1',
  'accept-encoding': 'identity',
  'user-agent': userAgent,
}

/**
 * Makes a request until there is an answer that later ones would not better: statuses from 500 on
 * and failures of network, TLS and transfer are tried again, as `persist` tells. `consume` then gets
 * the answer from its beginning. Throws SLIPWAY_IGNITION_FETCH_TIMEOUT, SLIPWAY_IGNITION_FETCH_FAILED,
 * and what `consume` throws.
 */
export async function httpFetch<Result>(
  request: HttpRequest,
  { settings, log, signal }: HttpSurroundings,
  consume: (answer: HttpAnswer) => Promise<Result>,
): Promise<Result> {
  const source = sourceName(targetText(request.target))
  const own = request.isDirect ? { ...settings, proxy: {} } : settings
  return await persist({ source, totalMs: settings.totalMs, log, signal }, (either, attempt) => {
    log.info(`${request.method ?? 'GET'} ${source}: attempt #${attempt}`)
    return onceThrough(request, own, log, either, consume)
  })
}

async function onceThrough<Result>(
  request: HttpRequest,
  settings: HttpSettings,
  log: Log,
  signal: AbortSignal,
  consume: (answer: HttpAnswer) => Promise<Result>,
): Promise<Result> {
  const answer = await followRedirects(request, settings, signal)
  const status = answer.statusCode ?? 0
  log.info(`${request.method ?? 'GET'} result: ${status} ${STATUS_CODES[status] ?? ''}`)
  if (status >= 500 || request.retryStatuses?.includes(status)) {
    answer.destroy()
    const patienceMs = retryAfterMs(answer.headers['retry-after'], new Date())
    throw new NetworkFailure(
      `the server answered ${status}`,
      patienceMs === undefined ? {} : { retryAfterMs: patienceMs },
    )
  }
  try {
    return await consume({ status, headers: answer.headers, bytes: pieces(answer) })
  } finally {
    answer.destroy()
  }
}

/** Headers of the request go to its own server only: they may be credentials. */
async function followRedirects(
  request: HttpRequest,
  settings: HttpSettings,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let { target } = request
  let method = request.method ?? 'GET'
  let { body } = request
  let headers: Record<string, string> = {
    ...usualHeaders,
    ...basicAuthorization(target.url),
    ...lowerCased(request.headers ?? {}),
  }
  for (let step = 0; step <= maximumRedirects; step += 1) {
    const localPort = request.localPort?.()
    const answer = await exchange(
      {
        target,
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(localPort === undefined ? {} : { localPort }),
      },
      settings,
      signal,
    )
    const status = answer.statusCode ?? 0
    const { location } = answer.headers
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return answer
    answer.destroy()
    const next = redirectTarget(target, location)
    if (next === undefined) throw unfollowed(target, 'to something else than http and https')
    if (target.url.protocol === 'https:' && next.url.protocol === 'http:' && !request.isVerified)
      throw unfollowed(target, 'from https to http, and there is no verification.hash')
    if (status < 307 && method !== 'HEAD') {
      method = 'GET'
      body = undefined
    }
    target = next
    headers = { 'user-agent': userAgent, ...basicAuthorization(next.url) }
  }
  throw unfollowed(target, `more than ${maximumRedirects} times`)
}

function basicAuthorization(url: URL): Record<string, string> {
  const authorization = basicCredentials(url)
  return authorization === undefined ? {} : { authorization }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]): [string, string] => [name.toLowerCase(), value])
      // The host is that of the address.
      .filter(([name]) => name !== 'host'),
  )
}

function targetText({ url, zone }: HttpTarget): string {
  return zone === undefined ? url.href : url.href.replace(']', `%25${zone}]`)
}

function unfollowed(target: HttpTarget, how: string) {
  const source = sourceName(targetText(target))
  const reason = `the server redirects ${how}`
  return ignitionErrors.error('SLIPWAY_IGNITION_FETCH_FAILED', { source, reason })
}
