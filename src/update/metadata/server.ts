import { isSlipwayError } from '../../errors/error.ts'
import { updateErrors } from '../../errors/update.ts'
import { type Answer, Connections } from '../../http/connection.ts'
import {
  isPassingError,
  isPassingStatus,
  PassingAnswer,
  retryAfterMs,
  withRetries,
} from '../../http/retry.ts'
import type { Limits } from './limits.ts'
import { withMinimumProgress } from './progress.ts'

export type ServerOptions = {
  /** Where `metadata/` and `targets/` are. */
  readonly url: URL
  readonly limits: Limits
  /** PEM text; the usual authorities if undefined. */
  readonly certificateAuthority: string | undefined
}

/** A static HTTP server with a repository of releases; nothing that it says is believed here. */
export class Server {
  readonly #url: URL
  readonly #limits: Limits
  readonly #certificateAuthority: string | undefined
  readonly #connections: Connections

  constructor({ url, limits, certificateAuthority }: ServerOptions) {
    this.#url = new URL(url)
    if (!this.#url.pathname.endsWith('/')) this.#url.pathname += '/'
    this.#limits = limits
    this.#certificateAuthority = certificateAuthority
    this.#connections = new Connections(limits.timeouts)
  }

  /** As errors and the journal name it: without name and password, which are secrets. */
  get name(): string {
    return `${this.#url.origin}${this.#url.pathname}`
  }

  /** Where the metadata is, as tuf-js wants to know it. */
  get metadataUrl(): string {
    return `${this.name}metadata/`
  }

  /**
   * One GET request, up to the answer's headers: status 200; for a range 206 or 416 too.
   *
   * @param path below the server's address, components separated by slashes
   * @param toByte where a range ends, this byte not included; at the file's end if undefined
   * @throws SLIPWAY_UPDATE_NOT_FOUND, SLIPWAY_UPDATE_SERVER_FAILED, SLIPWAY_UPDATE_REDIRECT_REFUSED; a
   * `PassingAnswer` or a network error if another try may help
   */
  async get(
    path: string,
    fromByte: number,
    signal: AbortSignal | undefined,
    toByte?: number,
  ): Promise<Answer> {
    const isRange = fromByte > 0 || toByte !== undefined
    const last = toByte === undefined ? '' : toByte - 1
    let url = new URL(path.split('/').map(encodeURIComponent).join('/'), this.#url)
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.#connections.get({
        url,
        headers: {
          accept: '*/*',
          'accept-encoding': 'identity',
          'user-agent': 'slipway',
          ...(isRange && { range: `bytes=${fromByte}-${last}` }),
        },
        signal,
        certificateAuthority: this.#certificateAuthority,
      })
      const { status, headers, body } = answer
      if (status === 200 || (isRange && (status === 206 || status === 416))) return answer
      body.destroy()
      if (![301, 302, 303, 307, 308].includes(status)) throw this.#refusal(path, answer)
      url = this.#redirect(path, url, headers.location, redirects)
    }
  }

  /** The pieces of a body; fails when the other side is too slow. */
  pieces({ body }: Answer): AsyncGenerator<Buffer, void, undefined> {
    return withMinimumProgress(this.#connections.pieces(body), this.#limits.progress)
  }

  /**
   * The whole of a small file.
   *
   * @throws SLIPWAY_UPDATE_TOO_LARGE, SLIPWAY_UPDATE_SERVER_SLOW, SLIPWAY_UPDATE_SERVER_UNREACHABLE, and
   * as `get`
   */
  async small(path: string, limitBytes: number, signal: AbortSignal | undefined): Promise<Buffer> {
    const deadline = AbortSignal.timeout(this.#limits.smallFileMs)
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
    try {
      return await withRetries(() => this.#small(path, limitBytes, either), {
        policy: this.#limits.retryPolicy,
        signal: either,
        notify: () => {},
      })
    } catch (error) {
      signal?.throwIfAborted()
      if (deadline.aborted) {
        const reason = `not complete after ${this.#limits.smallFileMs / 1000} s`
        const details = { server: this.name, file: path, reason }
        throw updateErrors.error('SLIPWAY_UPDATE_SERVER_SLOW', details, error)
      }
      throw this.failure(path, error)
    }
  }

  async #small(path: string, limitBytes: number, signal: AbortSignal): Promise<Buffer> {
    const answer = await this.get(path, 0, signal)
    const tooLarge = () =>
      updateErrors.error('SLIPWAY_UPDATE_TOO_LARGE', {
        server: this.name,
        file: path,
        limitBytes,
      })
    if (Number(answer.headers['content-length'] ?? 0) > limitBytes) {
      answer.body.destroy()
      throw tooLarge()
    }
    const bytes = await this.#connections.small(answer.body, limitBytes)
    if (bytes === undefined) throw tooLarge()
    return bytes
  }

  /** What to report of a request that failed for good. */
  failure(file: string, error: unknown): unknown {
    if (error instanceof PassingAnswer) return error.report
    if (isSlipwayError(error) || !(error instanceof Error)) return error
    const code = 'code' in error ? String(error.code) : ''
    const details = { server: this.name, file, reason: `${error.message || code}` }
    if (code === 'ETIMEDOUT')
      return updateErrors.error('SLIPWAY_UPDATE_SERVER_SLOW', details, error)
    return isPassingError(error) || isConnectionError(code)
      ? updateErrors.error('SLIPWAY_UPDATE_SERVER_UNREACHABLE', details, error)
      : error
  }

  close(): void {
    this.#connections.close()
  }

  #refusal(file: string, { status, headers }: Answer): Error {
    const details = { server: this.name, file, status }
    if (status === 403 || status === 404 || status === 410)
      return updateErrors.error('SLIPWAY_UPDATE_NOT_FOUND', details)
    const failed = updateErrors.error('SLIPWAY_UPDATE_SERVER_FAILED', details)
    return isPassingStatus(status)
      ? new PassingAnswer(failed, retryAfterMs(headers['retry-after'], new Date()))
      : failed
  }

  #redirect(file: string, from: URL, location: string | undefined, redirects: number): URL {
    const refused = (target: string, reason: string) =>
      updateErrors.error('SLIPWAY_UPDATE_REDIRECT_REFUSED', {
        server: this.name,
        file,
        target,
        reason,
      })
    const target = URL.parse(location ?? '', from)
    if (target === null || location === undefined)
      throw refused(location ?? 'nowhere', 'it is no address')
    if (redirects >= this.#limits.redirects)
      throw refused(target.origin, `more than ${this.#limits.redirects} redirects in a row`)
    if (target.protocol !== 'https:' && (target.protocol !== 'http:' || from.protocol === 'https:'))
      throw refused(target.origin, 'it is not HTTPS')
    return target
  }
}

function isConnectionError(code: string): boolean {
  return (
    /^(?:ENOTFOUND|EPROTO|HPE_.*|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|DEPTH_ZERO_.*)$/.test(code) ||
    /^(?:SELF_SIGNED_CERT|UNABLE_TO_)/.test(code)
  )
}
