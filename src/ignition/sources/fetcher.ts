import { isSlipwayError, type SlipwayError } from '../../errors/error.ts'
import { ignitionErrors } from '../../errors/ignition.ts'
import { type Config, decodeDataUrl, type Resource, scheme } from '../../ignition-schema/index.ts'
import type { Log } from '../log.ts'
import {
  type AskMetadata,
  instanceRegion,
  instanceRole,
  isAtGoogle,
  type MetadataRequest,
  managedIdentity,
  serviceAccount,
} from './cloud-identity.ts'
import type { HttpSettings } from './exchange.ts'
import { NetworkNeededError } from './failure.ts'
import { type HttpAnswer, type HttpRequest, httpFetch } from './http.ts'
import { httpTarget } from './http-target.ts'
import { inMemory } from './in-memory.ts'
import { persist } from './persistence.ts'
import { bucketUrl, objectUrl, regionToAsk, type S3Object, s3Object } from './s3.ts'
import { signatureHeaders } from './signature-v4.ts'
import { sourceName, splitUrl, unescapedPath } from './source-url.ts'
import { tftpRead } from './tftp.ts'
import { type Fetched, witnessed } from './witness.ts'

export type FetcherOptions = {
  readonly log: Log
  /** Whose credentials for S3 and Google's storage are used. */
  readonly platform: string
  /** Without network, everything but data URLs ends in NetworkNeededError. */
  readonly isOffline?: boolean
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal
  /** For all tries of one source, until a config says otherwise; 0 is without limit. */
  readonly totalMs?: number
  readonly connectTo?: NonNullable<HttpSettings['connectTo']>
}

/** What may be fetched: where, with which headers, and whether its bytes are verified afterwards. */
export type Wanted = Pick<Resource, 'source' | 'httpHeaders' | 'verification'>

type IgnitionSection = NonNullable<Config['ignition']>

export type FetchSettings = Pick<IgnitionSection, 'timeouts' | 'proxy'> & {
  readonly authorities: readonly string[]
}

type Consume<Result> = (bytes: AsyncIterable<Uint8Array>) => Promise<Result>

/** Gets the bytes of sources of all schemes, with the settings of the config that names them. */
export class Fetcher {
  readonly log: Log
  readonly platform: string
  readonly isOffline: boolean
  readonly #signal: AbortSignal | undefined
  readonly #connectTo: HttpSettings['connectTo']
  #settings: HttpSettings
  readonly #fetched: Fetched[] = []

  constructor({ log, platform, isOffline, signal, totalMs = 0, connectTo }: FetcherOptions) {
    this.log = log
    this.platform = platform
    this.isOffline = isOffline ?? false
    this.#signal = signal
    this.#connectTo = connectTo
    this.#settings = this.#settingsOf({ authorities: [] }, totalMs)
  }

  /** What `fetch` had over the network so far. */
  get fetched(): readonly Fetched[] {
    return this.#fetched
  }

  /** Fetches as a config says from here on: timeouts of 10 s for headers and none in total, unless told. */
  configure(settings: FetchSettings): void {
    this.#settings = this.#settingsOf(settings, 0)
  }

  /** One that asks as a host does that knows no config: no proxy, no further authorities, no timeouts. */
  withoutSettings(): Fetcher {
    return new Fetcher({
      ...{ log: this.log, platform: this.platform, isOffline: this.isOffline },
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      ...(this.#connectTo === undefined ? {} : { connectTo: this.#connectTo }),
    })
  }

  /**
   * Gives the bytes of a source to `consume`, from their beginning again when a transfer was cut.
   * Throws NetworkNeededError when offline, SLIPWAY_IGNITION_FETCH_NOT_FOUND,
   * SLIPWAY_IGNITION_FETCH_FAILED, SLIPWAY_IGNITION_FETCH_TIMEOUT, and what `consume` throws.
   */
  async fetch<Result>(
    wanted: Wanted,
    consume: Consume<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const { source = '' } = wanted
    if (source === '') return await consume(once(new Uint8Array()))
    const kind = scheme(source)
    if (kind === 'data') return await consume(once(dataOf(source)))
    if (this.isOffline) throw new NetworkNeededError(sourceName(source))
    const noting: Consume<Result> = async (bytes) => {
      const { result, fetched } = await witnessed(sourceName(source), bytes, consume)
      this.#fetched.push(fetched)
      return result
    }
    switch (kind) {
      case 'http':
      case 'https':
        return await this.#byHttp(wanted, noting, signal)
      case 'tftp':
        return await this.#byTftp(source, noting, signal)
      case 's3':
      case 'arn':
        return await this.#fromS3(source, noting, signal)
      case 'gs':
        return await this.#fromGoogle(source, noting, signal)
      default:
        throw failed(source, 'sources are http, https, tftp, s3, arn, gs and data')
    }
  }

  /** A request of its own kind, as to metadata services. Throws NetworkNeededError when offline. */
  async http<Result>(
    url: string,
    request: Omit<HttpRequest, 'target'>,
    consume: (answer: HttpAnswer) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    if (this.isOffline) throw new NetworkNeededError(sourceName(url))
    const target = httpTarget(url)
    if (target === undefined) throw failed(url, 'it is no URL of http or https')
    const { log } = this
    const surroundings = { settings: this.#settings, log, signal: this.#either(signal) }
    return await httpFetch({ ...request, target }, surroundings, consume)
  }

  async #byHttp<Result>(
    { source = '', httpHeaders = [], verification }: Wanted,
    consume: Consume<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const headers = Object.fromEntries(
      httpHeaders.flatMap(({ name, value }): [string, string][] =>
        value === undefined ? [] : [[name, value]],
      ),
    )
    const isVerified = verification?.hash !== undefined
    const ask = (identity: Readonly<Record<string, string>>) =>
      this.http(
        source,
        { headers: { ...headers, ...identity }, isVerified },
        foundBytes(source, consume),
        signal,
      )
    const identity = await this.#identityFor(source, signal)
    if (identity === undefined) return await ask({})
    try {
      return await ask(identity)
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.log.info(`${sourceName(source)}: not by the managed identity: ${error.message}`)
      return await ask({})
    }
  }

  /** Only a machine at Azure has one, and only Azure's storage gets it. */
  async #identityFor(
    source: string,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, string> | undefined> {
    const isBlob = /^https:\/\/[^/?#@]+\.blob\.core\.windows\.net(?=[/?#]|$)/i.test(source)
    if (!isBlob || this.platform !== 'azure') return undefined
    try {
      return await managedIdentity(this.#metadata(signal))
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.log.info(`no managed identity: ${error.message}`)
      return undefined
    }
  }

  async #byTftp<Result>(
    source: string,
    consume: Consume<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const url = splitUrl(source)
    if (url === undefined) throw failed(source, 'it is no URL')
    const host = url.zone === undefined ? url.host : `${url.host}%${url.zone}`
    const place = this.#connectTo?.(host, url.port ?? 69) ?? { host, port: url.port ?? 69 }
    const name = sourceName(source)
    const persistence = {
      source: name,
      totalMs: this.#settings.totalMs,
      log: this.log,
      signal: this.#either(signal),
    }
    return await persist(persistence, async (either, attempt) => {
      this.log.info(`TFTP ${name}: attempt #${attempt}`)
      return await consume(tftpRead({ ...place, path: unescapedPath(url) }, name, either))
    })
  }

  async #fromS3<Result>(
    source: string,
    consume: Consume<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const object = s3Object(source)
    if (object === undefined) throw failed(source, 'it names no object of S3')
    const isAtAws = this.platform === 'aws'
    const region = object.accessPoint?.region ?? (await this.#bucketRegion(object, source, signal))
    const credentials = isAtAws ? await instanceRole(this.#metadata(signal)) : undefined
    const url = objectUrl(object, region)
    const headers =
      credentials === undefined
        ? {}
        : signatureHeaders(
            { method: 'GET', url, region, service: 's3', time: new Date() },
            credentials,
          )
    return await this.http(url.href, { headers }, foundBytes(source, consume), signal)
  }

  async #bucketRegion(
    object: S3Object,
    source: string,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const knowsPartition = object.partition !== ''
    const here =
      this.platform === 'aws' && !knowsPartition
        ? await instanceRegion(this.#metadata(signal))
        : undefined
    const url = bucketUrl(object, regionToAsk(object, here))
    return await this.http(
      url.href,
      { method: 'HEAD' },
      async ({ status, headers }) => {
        const region = headers['x-amz-bucket-region']
        if (typeof region === 'string' && /^[a-z0-9-]+$/.test(region)) return region
        throw status === 404
          ? notFound(source, 404)
          : failed(source, 'S3 tells no region of the bucket')
      },
      signal,
    )
  }

  async #fromGoogle<Result>(
    source: string,
    consume: Consume<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const url = splitUrl(source)
    if (url === undefined) throw failed(source, 'it is no URL')
    const isThere = this.platform === 'gcp' || isAtGoogle()
    const authorization = isThere ? await serviceAccount(this.#metadata(signal)) : undefined
    const object = encodeURIComponent(unescapedPath(url).replace(/^\/+/, ''))
    return await this.http(
      `https://storage.googleapis.com/storage/v1/b/${url.host}/o/${object}?alt=media`,
      { headers: authorization === undefined ? {} : { authorization } },
      foundBytes(source, consume),
      signal,
    )
  }

  /**
   * The whole of a small answer; undefined when it says that there is none. Throws as `fetch`, and
   * SLIPWAY_IGNITION_FETCH_TOO_LARGE.
   */
  async ask(
    url: string,
    { missingStatuses = [], ...request }: MetadataRequest = {},
    signal?: AbortSignal,
  ): Promise<Buffer | undefined> {
    const once = async (answer: HttpAnswer) =>
      answer.status === 404 || missingStatuses.includes(answer.status)
        ? undefined
        : await inMemory(found(answer, url), url)
    return await this.http(url, request, once, signal)
  }

  #metadata(signal: AbortSignal | undefined): AskMetadata {
    return (url, request) => this.ask(url, { ...request, isDirect: true }, signal)
  }

  #either(signal: AbortSignal | undefined): AbortSignal | undefined {
    if (signal === undefined || this.#signal === undefined) return signal ?? this.#signal
    return AbortSignal.any([signal, this.#signal])
  }

  #settingsOf({ timeouts, proxy, authorities }: FetchSettings, totalMs: number): HttpSettings {
    return {
      responseHeadersMs: (timeouts?.httpResponseHeaders ?? 10) * 1000,
      totalMs: timeouts?.httpTotal === undefined ? totalMs : timeouts.httpTotal * 1000,
      proxy: proxy ?? {},
      authorities,
      ...(this.#connectTo === undefined ? {} : { connectTo: this.#connectTo }),
    }
  }
}

/** Has an answer's bytes consumed. */
function foundBytes<Result>(source: string, consume: Consume<Result>) {
  return async (answer: HttpAnswer) => await consume(found(answer, source))
}

/** The bytes of an answer that has them. */
function found({ status, bytes }: HttpAnswer, source: string): AsyncIterable<Buffer> {
  if (status === 200 || status === 204) return bytes
  throw status === 404 ? notFound(source, 404) : failed(source, `the server answered ${status}`)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes
}

function dataOf(source: string): Uint8Array {
  const { data } = decodeDataUrl(source)
  if (data === undefined) throw failed(source, 'it is not written as data URLs are')
  return data
}

/** The server answered, and will not give it. */
function isRefusal(error: unknown): error is SlipwayError {
  return (
    isSlipwayError(error, 'SLIPWAY_IGNITION_FETCH_FAILED') ||
    isSlipwayError(error, 'SLIPWAY_IGNITION_FETCH_NOT_FOUND')
  )
}

function notFound(source: string, status: number) {
  const details = { source: sourceName(source), status }
  return ignitionErrors.error('SLIPWAY_IGNITION_FETCH_NOT_FOUND', details)
}

function failed(source: string, reason: string) {
  const details = { source: sourceName(source), reason }
  return ignitionErrors.error('SLIPWAY_IGNITION_FETCH_FAILED', details)
}
