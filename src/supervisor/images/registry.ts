import { imagesErrors } from '../../errors/images.ts'
import type { Answer, Connections } from '../../http/connection.ts'
import {
  isPassingStatus,
  PassingAnswer,
  type RetryNotice,
  type RetryPolicy,
  retryAfterMs,
  withRetries,
} from '../../http/retry.ts'
import { parseToken, type RepositoryName, replyTo, type Token } from './authorization.ts'
import { isMirror, mirrorsOf, withMirrors } from './mirror.ts'
import { registryFailure, statedReason } from './registry-failure.ts'
import { RestingMirrors } from './resting-mirrors.ts'
import type { Credentials, RegistryAccess, RegistrySettings } from './types.ts'

export type RequestOptions = {
  readonly signal?: AbortSignal | undefined
  /** Told before each wait for another try. */
  readonly onRetry?: ((notice: RetryNotice & { url: string }) => void) | undefined
}

/** The good answers that a caller expects; others are errors. */
type Expectation = { readonly accept: string; readonly range?: string }

/** A request that changes what a registry has, or only asks whether it has something. */
export type Change = {
  readonly method: 'HEAD' | 'POST' | 'PATCH' | 'PUT'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly content?: Buffer | AsyncIterable<Buffer>
  readonly good: readonly number[]
}

const maximumRedirects = 5
const mirrorAttempts = 2
const maximumErrorBytes = 64 * 1024
const maximumTokenBytes = 1024 * 1024
/** A token is renewed before it ends, for the time that a request is on its way. */
const tokenMarginMs = 10_000

/**
 * Reads from registries by the OCI distribution specification 1.1: authentication, redirects,
 * retries. Digests are the caller's part (`manifest-download.ts`, `blob-download.ts`).
 */
export class RegistryClient {
  readonly #retryPolicy: RetryPolicy
  readonly connections: Connections
  readonly resting: RestingMirrors
  readonly #settings: RegistrySettings
  readonly #authorizations = new Map<string, { basic: string } | { token: Token }>()

  constructor(options: {
    settings: RegistrySettings
    connections: Connections
    retryPolicy: RetryPolicy
    resting?: RestingMirrors
  }) {
    this.#settings = withMirrors(options.settings)
    this.connections = options.connections
    this.resting = options.resting ?? new RestingMirrors()
    this.#retryPolicy = options.retryPolicy
  }

  /** The same, but with other credentials for one registry, and without what is known of it. */
  as(registry: string, credentials: Credentials): RegistryClient {
    const { username: _user, password: _word, ...access } = this.#access(registry)
    return new RegistryClient({
      settings: { ...this.#settings, [registry]: { ...access, ...credentials } },
      connections: this.connections,
      retryPolicy: this.#retryPolicy,
      resting: this.resting,
    })
  }

  /** A repository at the mirrors of its registry, in their order. */
  mirrorsOf(name: RepositoryName): RepositoryName[] {
    return mirrorsOf(name, this.#settings)
  }

  /** How patient one is: with a mirror less, for there is another source. */
  policyOf(registry: string): RetryPolicy {
    if (!isMirror(registry)) return this.#retryPolicy
    const attempts = Math.min(mirrorAttempts, this.#retryPolicy.attempts)
    return { ...this.#retryPolicy, attempts, maximumRetryAfterMs: 0 }
  }

  /** The address of a path below `/v2/<repository>/`. */
  url({ registry, repository }: RepositoryName, path: string): URL {
    return new URL(`${repository}/${path}`, this.#base(registry))
  }

  /** Asks whether the registry takes our credentials, if it wants any. @throws as `get` */
  async checkAccess(registry: string, signal?: AbortSignal): Promise<void> {
    const name = { registry, repository: '' }
    try {
      const answer = await this.#authorized(name, this.#base(registry), {}, signal)
      if (answer.status !== 200) throw await this.#failure(name, '', answer)
      answer.body.destroy()
    } catch (error) {
      throw registryFailure(registry, error)
    }
  }

  /**
   * One try: authenticates if asked to and follows redirects. Gives an answer with the body unread:
   * 200, and if a range was asked for, also 206 and 416.
   *
   * @throws PassingAnswer or an error of the network when another try may help
   * @throws SLIPWAY_IMAGES_UNAUTHORIZED, SLIPWAY_IMAGES_NOT_FOUND, SLIPWAY_IMAGES_REDIRECT_REFUSED,
   * SLIPWAY_IMAGES_REGISTRY_*
   */
  async get(
    name: RepositoryName,
    path: string,
    { accept, range }: Expectation,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const url = this.url(name, path)
    const headers = { accept, ...(range === undefined ? {} : { range }) }
    const answer = await this.#authorized(name, url, headers, signal)
    const good = range === undefined ? [200] : [200, 206, 416]
    if (good.includes(answer.status)) return answer
    throw await this.#failure(name, path, answer)
  }

  /**
   * One try of a request that changes what a registry has; gives the answer if its status is among
   * `good`. Content that is a stream is sent once: whoever gave it tries again when access was refused
   * only until now.
   *
   * @throws as `get`
   */
  async send(
    name: RepositoryName,
    { method, url, headers = {}, content, good }: Change,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const attempt = async () =>
      await this.connections.send({
        url,
        method,
        content,
        signal,
        headers: {
          'user-agent': 'slipway',
          ...(content instanceof Buffer || content === undefined
            ? { 'content-length': String(content?.length ?? 0) }
            : {}),
          ...headers,
          ...(url.origin === this.#base(name.registry).origin ? this.#authorization(name) : {}),
        },
        certificateAuthority: this.#access(name.registry).certificateAuthority,
      })
    let answer = await attempt()
    if (answer.status === 401) {
      const challenge = answer.headers['www-authenticate'] ?? ''
      answer.body.destroy()
      await this.#meet(challenge, name, signal)
      if (content !== undefined && !(content instanceof Buffer))
        throw new PassingAnswer(unauthorized(name), undefined)
      answer = await attempt()
    }
    if (good.includes(answer.status)) return answer
    throw await this.#failure(name, url.pathname, answer)
  }

  /** A small body, with retries; @throws as `get`, and when the body is larger than `limitBytes`. */
  async getSmall(
    name: RepositoryName,
    path: string,
    { accept, limitBytes }: { accept: string; limitBytes: number },
    { signal, onRetry }: RequestOptions,
  ): Promise<{ headers: Answer['headers']; bytes: Buffer }> {
    const notify = (notice: RetryNotice) => onRetry?.({ ...notice, url: this.url(name, path).href })
    const read = async () => {
      const { headers, body } = await this.get(name, path, { accept }, signal)
      const bytes = await this.connections.small(body, limitBytes)
      if (bytes !== undefined) return { headers, bytes }
      const reason = `the answer to ${path} is larger than ${limitBytes} bytes`
      throw protocolBroken(name.registry, reason)
    }
    try {
      return await withRetries(read, { policy: this.policyOf(name.registry), signal, notify })
    } catch (error) {
      throw registryFailure(name.registry, error)
    }
  }

  #access(registry: string): RegistryAccess {
    return Object.hasOwn(this.#settings, registry) ? (this.#settings[registry] ?? {}) : {}
  }

  #base(registry: string): URL {
    if (isMirror(registry)) return new URL('/v2/', registry)
    const scheme = this.#access(registry).insecure === true ? 'http' : 'https'
    const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
    return new URL(`${scheme}://${host}/v2/`)
  }

  async #authorized(
    name: RepositoryName,
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const answer = await this.#authorizedGet(name, url, headers, signal)
    if (answer.status !== 401) return answer
    const challenge = answer.headers['www-authenticate'] ?? ''
    answer.body.destroy()
    await this.#meet(challenge, name, signal)
    return await this.#authorizedGet(name, url, headers, signal)
  }

  async #authorizedGet(
    name: RepositoryName,
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const authorization = this.#authorization(name)
    return await this.#follow(name.registry, url, { ...headers, ...authorization }, signal)
  }

  #authorization(name: RepositoryName): { authorization?: string } {
    const { registryToken } = this.#access(name.registry)
    if (registryToken !== undefined) return { authorization: `Bearer ${registryToken}` }
    const known = this.#authorizations.get(authorizationKey(name))
    if (known === undefined) return {}
    if ('basic' in known) return { authorization: known.basic }
    if (known.token.expiresAtMs - tokenMarginMs < Date.now()) return {}
    return { authorization: `Bearer ${known.token.value}` }
  }

  /** Gets ready to meet a challenge; afterwards one more 401 means that access is refused. */
  async #meet(challenge: string, name: RepositoryName, signal: AbortSignal | undefined) {
    const key = authorizationKey(name)
    const reply = replyTo(challenge, name, this.#access(name.registry))
    this.#authorizations.delete(key)
    if (reply.kind === 'none') throw unauthorized(name)
    if (reply.kind === 'basic') {
      this.#authorizations.set(key, { basic: reply.authorization })
      return
    }
    const { url, headers } = reply.request
    const answer = await this.#follow(
      name.registry,
      url,
      { accept: 'application/json', ...headers },
      signal,
    )
    if (answer.status !== 200) throw await this.#failure(name, 'token', answer)
    const bytes = await this.connections.small(answer.body, maximumTokenBytes)
    if (bytes === undefined) throw protocolBroken(name.registry, 'its token is too large')
    this.#authorizations.set(key, {
      token: parseToken(bytes.toString('utf8'), name.registry, Date.now()),
    })
  }

  /** Credentials stay with the origin they were meant for, wherever a redirect leads. */
  async #follow(
    registry: string,
    start: URL,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    let url = start
    for (let hops = 0; hops <= maximumRedirects; hops += 1) {
      const { authorization, ...others } = headers
      const own =
        url.origin === start.origin && authorization !== undefined ? { authorization } : {}
      const answer = await this.connections.get({
        url,
        headers: { 'user-agent': 'slipway', 'accept-encoding': 'identity', ...others, ...own },
        signal,
        certificateAuthority:
          this.#access(url.host).certificateAuthority ?? this.#authorityOf(registry, url, start),
      })
      const { location } = answer.headers
      if (![301, 302, 303, 307, 308].includes(answer.status)) {
        // A challenge of another host is not the registry's: our credentials are not for it.
        if (answer.status !== 401 || url.origin === start.origin) return answer
        answer.body.destroy()
        throw protocolBroken(registry, `${url.origin}, to which it redirects, refuses access`)
      }
      answer.body.destroy()
      url = this.#redirectTarget(registry, url, location)
    }
    throw redirectRefused(registry, url.origin, `it is redirect number ${maximumRedirects + 1}`)
  }

  #authorityOf(registry: string, url: URL, start: URL): string | undefined {
    return url.origin === start.origin ? this.#access(registry).certificateAuthority : undefined
  }

  #redirectTarget(registry: string, from: URL, location: string | undefined): URL {
    if (location === undefined || !URL.canParse(location, from.href)) {
      throw protocolBroken(registry, 'it redirects without a usable Location')
    }
    const target = new URL(location, from)
    const insecure = this.#access(registry).insecure === true
    if (target.protocol === 'https:' || (target.protocol === 'http:' && insecure)) return target
    throw redirectRefused(registry, target.origin, `${target.protocol}// is not HTTPS`)
  }

  async #failure(name: RepositoryName, path: string, answer: Answer): Promise<Error> {
    const { status, headers } = answer
    const body = await this.connections.small(answer.body, maximumErrorBytes)
    const reason = statedReason(body?.toString('utf8') ?? '')
    const { registry, repository } = name
    if (status === 401 || status === 403) return unauthorized(name)
    if (status === 404 && path.startsWith('manifests/')) {
      const reference = `${registry}/${repository}:${path.slice('manifests/'.length)}`.replace(
        /:(\w+:)/,
        '@$1',
      )
      return imagesErrors.error('SLIPWAY_IMAGES_NOT_FOUND', { reference, registry })
    }
    const afterMs = retryAfterMs(headers['retry-after'], new Date())
    const details = { registry, status, request: path, reason: reason || 'it gave no reason' }
    const failed =
      status === 429
        ? imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_RATE_LIMITED', {
            registry,
            seconds: Math.ceil((afterMs ?? this.#retryPolicy.maximumDelayMs) / 1000),
          })
        : imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_FAILED', details)
    return isPassingStatus(status) ? new PassingAnswer(failed, afterMs) : failed
  }
}

function authorizationKey({ registry, repository }: RepositoryName): string {
  return `${registry}/${repository}`
}

function unauthorized({ registry, repository }: RepositoryName) {
  return imagesErrors.error('SLIPWAY_IMAGES_UNAUTHORIZED', { registry, repository })
}

function protocolBroken(registry: string, reason: string) {
  return imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_PROTOCOL', { registry, reason })
}

function redirectRefused(registry: string, target: string, reason: string) {
  return imagesErrors.error('SLIPWAY_IMAGES_REDIRECT_REFUSED', { registry, target, reason })
}
