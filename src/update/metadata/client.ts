import { updateErrors } from '../../errors/update.ts'
import { JsonShapeError } from '../../json/value.ts'
import type { Artifact, ChannelDescription, ReleaseDescription } from '../release.ts'
import { MetadataCache } from './cache.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { artifactsOf, parseChannel, parseRelease, UnknownFormatError } from './parse-description.ts'
import { downloadRange } from './range-download.ts'
import { Server } from './server.ts'
import { type DownloadOptions, downloadTarget } from './target-download.ts'
import { channelTarget, isRepositoryName, parseTarget } from './target-paths.ts'
import { refreshTrusted, type Trusted } from './trusted.ts'

export type ClientOptions = {
  /** Address of the repository: where `metadata/` and `targets/` are. */
  readonly url: URL
  /** Path of the root that trust starts from: in the verified /usr. */
  readonly rootFile: string
  /** Where accepted metadata is kept; made if it is not there. One process at a time. */
  readonly cacheDirectory: string
  /** PEM text; the usual authorities if undefined. */
  readonly certificateAuthority?: string | undefined
  readonly limits?: Partial<Limits>
  /** The host's clock. */
  readonly now?: () => Date
  /** A time that has passed for certain, such as that of the build: an earlier clock is wrong. */
  readonly notBefore?: Date | undefined
}

/** What a refresh brought. */
export type RefreshReport = {
  readonly rootVersion: number
  readonly timestampVersion: number
  /** Until when it may be believed; ISO 8601, UTC. */
  readonly expires: string
}

/**
 * A repository of releases as a host sees it (docs/reference/release-repository.md). Whatever is refused
 * leaves what was accepted before as it was; the next refresh starts from there.
 */
export class ReleaseClient {
  readonly #options: ClientOptions
  readonly #limits: Limits
  readonly #server: Server
  readonly #cache: MetadataCache
  readonly #now: () => Date
  #trusted: Trusted | undefined

  constructor(options: ClientOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    const { url, certificateAuthority } = options
    this.#server = new Server({ url, certificateAuthority, limits: this.#limits })
    this.#cache = new MetadataCache(options.cacheDirectory)
    this.#now = options.now ?? (() => new Date())
  }

  /**
   * Brings the metadata up to date, or refuses what the server says.
   *
   * @throws SLIPWAY_UPDATE_METADATA_EXPIRED, SLIPWAY_UPDATE_METADATA_ROLLBACK,
   * SLIPWAY_UPDATE_METADATA_MIXED, SLIPWAY_UPDATE_METADATA_WRONG_KEY, SLIPWAY_UPDATE_METADATA_THRESHOLD,
   * SLIPWAY_UPDATE_ROOT_ROTATION_BROKEN, SLIPWAY_UPDATE_METADATA_INVALID, SLIPWAY_UPDATE_TOO_LARGE,
   * SLIPWAY_UPDATE_ROOT_UNUSABLE, SLIPWAY_UPDATE_CLOCK_BEHIND, SLIPWAY_UPDATE_CACHE_FAILED, and as
   * `Server.small`
   */
  async refresh({ signal }: { signal?: AbortSignal } = {}): Promise<RefreshReport> {
    const now = this.#now()
    const { rootFile, notBefore } = this.#options
    if (notBefore !== undefined) this.#checkClock(now, notBefore, 'the system that it runs')
    const trusted = await refreshTrusted({
      rootFile,
      cache: this.#cache,
      server: this.#server,
      limits: this.#limits,
      now,
      signal,
    })
    if (trusted.signedAt !== undefined)
      this.#checkClock(now, new Date(trusted.signedAt), `the timestamp of ${this.#server.name}`)
    this.#trusted = trusted
    const { rootVersion, timestampVersion, expires } = trusted
    return { rootVersion, timestampVersion, expires }
  }

  /**
   * The releases of a channel for an image, after a refresh.
   *
   * @throws SLIPWAY_UPDATE_TARGET_UNKNOWN, SLIPWAY_UPDATE_DESCRIPTION_INVALID,
   * SLIPWAY_UPDATE_FORMAT_UNKNOWN, and as `download`
   */
  async channel(
    channel: string,
    image: string,
    options: DownloadOptions = {},
  ): Promise<ChannelDescription> {
    const target = channelTarget(channel, image)
    if (!isRepositoryName(channel) || !isRepositoryName(image)) throw this.#unknown(target)
    const description = await this.#description(target, parseChannel, options)
    if (description.channel !== channel || description.image !== image)
      throw this.#invalid(target, `it describes ${description.channel}, ${description.image}`)
    return description
  }

  /**
   * A release, by the path that its channel tells, after a refresh. Each file that it names is a target
   * of the same length and digest.
   *
   * @throws as `channel`
   */
  async release(target: string, options: DownloadOptions = {}): Promise<ReleaseDescription> {
    const parsed = parseTarget(target)
    if (parsed?.kind !== 'release' || parsed.name !== 'release.json') throw this.#unknown(target)
    const description = await this.#description(target, parseRelease, options)
    const { image, version } = description
    if (image !== parsed.image || version !== parsed.version)
      throw this.#invalid(target, `it describes ${image} ${version}`)
    for (const artifact of artifactsOf(description)) await this.#checkArtifact(target, artifact)
    return description
  }

  /**
   * Length and digest of a target, after a refresh.
   *
   * @throws SLIPWAY_UPDATE_TARGET_UNKNOWN, SLIPWAY_UPDATE_DESCRIPTION_INVALID
   */
  async target(target: string): Promise<Artifact> {
    if (this.#trusted === undefined) throw new Error('the metadata was not refreshed yet')
    const info = parseTarget(target) && (await this.#trusted.updater.getTargetInfo(target))
    if (info === undefined) throw this.#unknown(target)
    const { length: sizeBytes, hashes } = info
    const { sha256 = '' } = hashes
    if (!Number.isSafeInteger(sizeBytes) || !/^[0-9a-f]{64}$/.test(sha256))
      throw this.#invalid(target, 'its metadata has no length or no SHA-256')
    return { target, sizeBytes, sha256 }
  }

  /**
   * The bytes of a target; see `downloadTarget`. The artifact is one of `release` or `target`.
   *
   * @throws SLIPWAY_UPDATE_TARGET_UNKNOWN at once, if its path is none of a repository
   */
  download(artifact: Artifact, options: DownloadOptions = {}): AsyncGenerator<Buffer, void> {
    if (parseTarget(artifact.target) === undefined) throw this.#unknown(artifact.target)
    return downloadTarget(this.#server, this.#limits.retryPolicy, artifact, options)
  }

  /**
   * Some bytes of a target, which the caller checks; see `downloadRange`.
   *
   * @throws SLIPWAY_UPDATE_TARGET_UNKNOWN, if its path is none of a repository
   */
  async range(
    artifact: Artifact,
    fromByte: number,
    toByte: number,
    signal?: AbortSignal,
  ): Promise<Buffer> {
    if (parseTarget(artifact.target) === undefined) throw this.#unknown(artifact.target)
    const policy = this.#limits.retryPolicy
    return await downloadRange(this.#server, policy, artifact, fromByte, toByte, signal)
  }

  close(): void {
    this.#server.close()
  }

  async #description<Description>(
    target: string,
    parse: (bytes: Uint8Array) => Description,
    options: DownloadOptions,
  ): Promise<Description> {
    const artifact = await this.target(target)
    const { descriptionBytes: limitBytes } = this.#limits
    if (artifact.sizeBytes > limitBytes)
      throw updateErrors.error('SLIPWAY_UPDATE_TOO_LARGE', {
        server: this.#server.name,
        file: target,
        limitBytes,
      })
    const bytes = Buffer.concat(await Array.fromAsync(this.download(artifact, options)))
    try {
      return parse(bytes)
    } catch (error) {
      if (error instanceof UnknownFormatError)
        throw updateErrors.error('SLIPWAY_UPDATE_FORMAT_UNKNOWN', {
          server: this.#server.name,
          target,
          formatVersion: error.formatVersion,
        })
      if (error instanceof JsonShapeError) throw this.#invalid(target, error.message)
      throw error
    }
  }

  async #checkArtifact(description: string, artifact: Artifact): Promise<void> {
    const { target, sizeBytes, sha256 } = artifact
    const signed = await this.target(target)
    if (signed.sizeBytes !== sizeBytes || signed.sha256 !== sha256)
      throw this.#invalid(description, `${target} is another file in the signed metadata`)
  }

  #checkClock(now: Date, then: Date, what: string): void {
    if (!(now.getTime() < then.getTime() - this.#limits.clockToleranceMs)) return
    throw updateErrors.error('SLIPWAY_UPDATE_CLOCK_BEHIND', {
      now: now.toISOString(),
      what,
      signedAt: then.toISOString(),
    })
  }

  #unknown(target: string) {
    const details = { server: this.#server.name, target }
    return updateErrors.error('SLIPWAY_UPDATE_TARGET_UNKNOWN', details)
  }

  #invalid(target: string, reason: string) {
    const details = { server: this.#server.name, target, reason }
    return updateErrors.error('SLIPWAY_UPDATE_DESCRIPTION_INVALID', details)
  }
}
