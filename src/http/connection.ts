import * as http from 'node:http'
import * as https from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type PemTexts, secureOptions } from './pem-files.ts'

/** Limits of the time that another machine may take, in milliseconds. */
export type Timeouts = {
  /** Name, TCP and TLS. */
  readonly connectMs: number
  /** From the request to the answer's headers, the connection included. */
  readonly headersMs: number
  /** Between two pieces of a body. */
  readonly stallMs: number
}

export const defaultTimeouts: Timeouts = { connectMs: 15_000, headersMs: 60_000, stallMs: 60_000 }

/** The other side did not do in time what was due. */
export class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT'
}

export type Answer = {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: http.IncomingMessage
}

export type Get = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
  /** PEM text; the usual authorities if undefined. */
  readonly certificateAuthority: string | undefined
  /** What we show when the server asks for a certificate. */
  readonly clientCertificate?: PemTexts['clientCertificate']
}

export type Send = Get & {
  readonly method: 'HEAD' | 'POST' | 'PATCH' | 'PUT'
  readonly content?: Buffer | AsyncIterable<Buffer> | undefined
}

/** Keeps connections to several hosts open between requests. */
export class Connections {
  readonly #timeouts: Timeouts
  readonly #http = new http.Agent({ keepAlive: true })
  readonly #https = new https.Agent({ keepAlive: true })

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts
  }

  /** One GET request, up to the answer's headers; redirects are not followed. */
  get({ url, headers, signal, ...pem }: Get): Promise<Answer> {
    const options = { headers, ...(signal === undefined ? {} : { signal }) }
    const secure = { agent: this.#https, ...secureOptions(pem) }
    return new Promise((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? https.get(url, { ...options, ...secure })
          : http.get(url, { ...options, agent: this.#http })
      const headersTimer = setTimeout(
        () => request.destroy(new TimeoutError('no answer came in time')),
        this.#timeouts.headersMs,
      )
      limitConnect(request, url.protocol === 'https:' ? 'secureConnect' : 'connect', this.#timeouts)
      request.once('response', (body) => {
        clearTimeout(headersTimer)
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body })
      })
      // Stays for the body's time too: an abort then reaches request and body both.
      request.on('error', (error) => {
        clearTimeout(headersTimer)
        reject(error)
      })
    })
  }

  /** One request that may have content, up to the answer's headers; redirects are not followed. */
  send({ url, method, headers, signal, content, ...pem }: Send): Promise<Answer> {
    const options = { method, headers, ...(signal === undefined ? {} : { signal }) }
    const secure = { agent: this.#https, ...secureOptions(pem) }
    return new Promise((resolve, reject) => {
      const isSecure = url.protocol === 'https:'
      const request = isSecure
        ? https.request(url, { ...options, ...secure })
        : http.request(url, { ...options, agent: this.#http })
      limitConnect(request, isSecure ? 'secureConnect' : 'connect', this.#timeouts)
      let timer: NodeJS.Timeout | undefined
      // While content is on its way only a standstill is too long; the answer is due after it.
      request.setTimeout(this.#timeouts.stallMs, () =>
        request.destroy(new TimeoutError('the transfer stalled')),
      )
      request.once('finish', () => {
        timer = setTimeout(
          () => request.destroy(new TimeoutError('no answer came in time')),
          this.#timeouts.headersMs,
        )
      })
      request.once('response', (body) => {
        clearTimeout(timer)
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body })
      })
      request.once('close', () => clearTimeout(timer))
      request.on('error', reject)
      if (content === undefined || content instanceof Buffer) request.end(content)
      else pipeline(Readable.from(content), request).catch(reject)
    })
  }

  /**
   * The pieces of a body. The clock for stalls runs only while a piece is awaited: a slow disk on
   * our side is not the server's fault.
   */
  async *pieces(body: http.IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
    const stall = () => body.destroy(new TimeoutError('the transfer stalled'))
    let timer = setTimeout(stall, this.#timeouts.stallMs)
    try {
      for await (const piece of body) {
        clearTimeout(timer)
        yield piece
        timer = setTimeout(stall, this.#timeouts.stallMs)
      }
    } finally {
      clearTimeout(timer)
      body.destroy()
    }
  }

  /** The whole of a small body; undefined if it is larger than `limitBytes`. */
  async small(body: http.IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = []
    let sizeBytes = 0
    for await (const piece of this.pieces(body)) {
      sizeBytes += piece.length
      if (sizeBytes > limitBytes) return undefined
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }
}

function limitConnect(
  request: http.ClientRequest,
  connected: 'connect' | 'secureConnect',
  { connectMs }: Timeouts,
): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(
      () => request.destroy(new TimeoutError('the connection was not made in time')),
      connectMs,
    )
    const stop = () => clearTimeout(timer)
    socket.once(connected, stop)
    socket.once('close', stop)
  })
}
