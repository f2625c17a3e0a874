import * as http from 'node:http'
import * as https from 'node:https'
import { isIP } from 'node:net'
import * as tls from 'node:tls'
import { NetworkFailure, reasonOf } from './failure.ts'
import { basicCredentials, connectHost, type HttpTarget, targetPort } from './http-target.ts'
import { type ProxySettings, proxyFor } from './proxy.ts'

/** How requests are made; the first four follow from the config. */
export type HttpSettings = {
  /** From the request to the headers of the answer. */
  readonly responseHeadersMs: number
  /** For all tries of a source together, its body included; 0 is without limit. */
  readonly totalMs: number
  readonly proxy: ProxySettings
  /** Further certificate authorities, PEM. */
  readonly authorities: readonly string[]
  /** Where to connect instead, for what cannot be an address of this machine. */
  readonly connectTo?: (host: string, port: number) => { host: string; port: number }
}

export type HttpExchange = {
  readonly target: HttpTarget
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly localPort?: number
}

const connectMs = 30_000
const tlsMs = 10_000
const stallMs = 60_000

/** One request, up to the headers of its answer; redirects are not followed. Throws NetworkFailure. */
export async function exchange(
  request: HttpExchange,
  settings: HttpSettings,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const { url } = request.target
  const proxy = proxyFor(url, settings.proxy)
  if (proxy === undefined) return await send(request, directly(request, settings), settings, signal)
  if (url.protocol === 'http:')
    return await send(request, throughProxy(request, proxy, settings), settings, signal)
  const socket = await tunnel(request, proxy, settings, signal)
  const secure = { ...directly(request, settings), createConnection: () => socket }
  return await send(request, secure, settings, signal)
}

/** The pieces of a body; throws NetworkFailure when it is cut or stalls. */
export async function* pieces(body: http.IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  const stall = () => body.destroy(new Error('the transfer stalled'))
  let timer = setTimeout(stall, stallMs)
  try {
    for await (const piece of body) {
      clearTimeout(timer)
      yield piece
      timer = setTimeout(stall, stallMs)
    }
  } catch (error) {
    throw new NetworkFailure(`the transfer was cut: ${reasonOf(error)}`, { cause: error })
  } finally {
    clearTimeout(timer)
    body.destroy()
  }
}

function directly(request: HttpExchange, settings: HttpSettings): https.RequestOptions {
  const { url } = request.target
  const secure = url.protocol === 'https:'
  const place = connectPlace(request.target, settings)
  return {
    ...place,
    protocol: url.protocol,
    path: `${url.pathname}${url.search}`,
    headers: { Host: url.host, ...request.headers },
    ...(request.localPort === undefined ? {} : { localPort: request.localPort }),
    ...(secure ? tlsOptions(url.hostname, settings) : {}),
  }
}

function throughProxy(
  { target: { url }, headers }: HttpExchange,
  proxy: URL,
  settings: HttpSettings,
): https.RequestOptions {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  plain.hash = ''
  return {
    ...connectPlace({ url: proxy }, settings),
    protocol: proxy.protocol,
    path: plain.href,
    headers: { Host: url.host, ...headers, ...proxyAuthorization(proxy) },
    ...(proxy.protocol === 'https:' ? tlsOptions(proxy.hostname, settings) : {}),
  }
}

/** A TLS connection to the target through the proxy's CONNECT (RFC 9110, 9.3.6). */
async function tunnel(
  { target }: HttpExchange,
  proxy: URL,
  settings: HttpSettings,
  signal: AbortSignal,
): Promise<tls.TLSSocket> {
  const place = `${target.url.hostname}:${targetPort(target)}`
  const options: https.RequestOptions = {
    ...connectPlace({ url: proxy }, settings),
    protocol: proxy.protocol,
    method: 'CONNECT',
    path: place,
    headers: { Host: place, ...proxyAuthorization(proxy) },
    ...(proxy.protocol === 'https:' ? tlsOptions(proxy.hostname, settings) : {}),
    agent: false,
    signal,
  }
  const request = (proxy.protocol === 'https:' ? https : http).request(options)
  const limit = setTimeout(() => request.destroy(new Error('the proxy did not answer')), connectMs)
  try {
    const socket = await new Promise<tls.TLSSocket>((resolve, reject) => {
      request.once('connect', (answer, plain) => {
        if (answer.statusCode !== 200) {
          plain.destroy()
          reject(new Error(`the proxy answered ${answer.statusCode}`))
          return
        }
        const secure = tls.connect({ socket: plain, ...tlsOptions(target.url.hostname, settings) })
        secure.once('secureConnect', () => resolve(secure)).once('error', reject)
      })
      request.once('response', (answer) => {
        answer.destroy()
        reject(new Error(`the proxy answered ${answer.statusCode}`))
      })
      request.once('error', reject).end()
    })
    return socket
  } catch (error) {
    signal.throwIfAborted()
    throw new NetworkFailure(reasonOf(error), { cause: error })
  } finally {
    clearTimeout(limit)
  }
}

function send(
  { method, body }: HttpExchange,
  options: https.RequestOptions,
  { responseHeadersMs }: HttpSettings,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const secure = options.protocol === 'https:'
  return new Promise((resolve, reject) => {
    // With an agent, even a new one, createConnection would not be asked.
    const agent = options.createConnection === undefined ? { agent: false } : {}
    const request = (secure ? https : http).request({ ...options, ...agent, method, signal })
    const fail = (error: Error) => {
      stop()
      reject(signal.aborted ? signal.reason : new NetworkFailure(reasonOf(error), { cause: error }))
    }
    const stop = limitTimes(request, secure, responseHeadersMs)
    request.once('response', (answer) => {
      stop()
      resolve(answer)
    })
    // Stays for the body's time too: an abort then reaches request and body both.
    request.on('error', fail)
    request.end(body)
  })
}

/** Ends a request that does not get on; gives what stops the clocks. */
function limitTimes(
  request: http.ClientRequest,
  secure: boolean,
  responseHeadersMs: number,
): () => void {
  let timer: NodeJS.Timeout | undefined
  const limit = (milliseconds: number, message: string) => {
    clearTimeout(timer)
    if (milliseconds > 0)
      timer = setTimeout(() => request.destroy(new Error(message)), milliseconds)
  }
  const awaitHeaders = () => limit(responseHeadersMs, 'no headers of an answer came in time')
  limit(connectMs, 'no connection was made in time')
  request.once('socket', (socket) => {
    if (!socket.connecting) return
    socket.once('connect', () => limit(tlsMs, 'TLS was not agreed on in time'))
    if (!secure) socket.once('connect', awaitHeaders)
    else socket.once('secureConnect', awaitHeaders)
  })
  request.once('finish', () => {
    if (!request.socket?.connecting) awaitHeaders()
  })
  return () => clearTimeout(timer)
}

function connectPlace(target: HttpTarget, { connectTo }: HttpSettings) {
  const place = { host: connectHost(target), port: targetPort(target) }
  return connectTo === undefined ? place : connectTo(place.host, place.port)
}

function tlsOptions(hostname: string, { authorities }: HttpSettings) {
  const name = hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    // An address is no server name (RFC 6066, 3), but the certificate is still held against it.
    ...(isIP(name) === 0
      ? { servername: name }
      : {
          servername: '',
          checkServerIdentity: (_: string, certificate: tls.PeerCertificate) =>
            tls.checkServerIdentity(name, certificate),
        }),
    ...(authorities.length === 0
      ? {}
      : { ca: [...tls.getCACertificates('default'), ...authorities] }),
  }
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  const credentials = basicCredentials(proxy)
  return credentials === undefined ? {} : { 'Proxy-Authorization': credentials }
}
