import { isSlipwayError, type SlipwayError } from '../../errors/error.ts'
import { imagesErrors } from '../../errors/images.ts'
import type { RepositoryName } from './authorization.ts'
import type { RegistryClient } from './registry.ts'

export type MirrorFailure = { readonly mirror: string; readonly reason: string }

/** Where one pull finds a repository: at mirrors in their order, at last at the registry itself. */
export class Sources {
  readonly origin: RepositoryName
  readonly client: RegistryClient
  #mirrors: readonly RepositoryName[]
  readonly #failures: MirrorFailure[] = []
  readonly #onFailed: (failure: MirrorFailure) => void

  constructor(
    client: RegistryClient,
    origin: RepositoryName,
    {
      onFailed = () => {},
      withMirrors = true,
    }: { onFailed?: (failure: MirrorFailure) => void; withMirrors?: boolean } = {},
  ) {
    this.client = client
    this.origin = origin
    this.#onFailed = onFailed
    const mirrors = withMirrors ? client.mirrorsOf(origin) : []
    this.#mirrors = mirrors.filter(({ registry }) => !client.resting.has(registry))
    for (const { registry: mirror } of mirrors.filter((one) => !this.#mirrors.includes(one)))
      this.#failures.push({ mirror, reason: 'it could not be reached a moment ago.' })
  }

  /** The one to ask next. */
  get best(): RepositoryName {
    return this.#mirrors[0] ?? this.origin
  }

  /** A mirror that failed once is not asked again for this pull. */
  giveUp(mirror: RepositoryName, error: unknown): void {
    if (!this.#mirrors.includes(mirror)) return
    this.#mirrors = this.#mirrors.filter((one) => one !== mirror)
    const reason = error instanceof Error ? error.message : String(error)
    const failure = { mirror: mirror.registry, reason }
    this.#failures.push(failure)
    if (isSlipwayError(error, 'SLIPWAY_IMAGES_REGISTRY_UNREACHABLE'))
      this.client.resting.rest(mirror.registry)
    this.#onFailed(failure)
  }

  /** Asks one after the other until one has an answer. @throws as `failure` */
  async ask<Answer>(
    request: (source: RepositoryName) => Promise<Answer>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    for (;;) {
      const source = this.best
      try {
        return await request(source)
      } catch (error) {
        signal?.throwIfAborted()
        if (source === this.origin) throw this.failure(error)
        this.giveUp(source, error)
      }
    }
  }

  /**
   * What to say when the registry itself failed: where it could not be asked, what the mirrors said counts
   * as much.
   */
  failure(error: unknown): unknown {
    if (this.#failures.length === 0 || !unheard.some((code) => isSlipwayError(error, code)))
      return error
    const { registry, repository } = this.origin
    const { message } = error as SlipwayError
    const reasons = [...this.#failures.map(({ mirror, reason }) => `${mirror}: ${reason}`), message]
    const details = { repository: `${registry}/${repository}`, reasons: reasons.join(' ') }
    return imagesErrors.error('SLIPWAY_IMAGES_NO_SOURCE', details, error)
  }
}

const unheard = [
  'SLIPWAY_IMAGES_REGISTRY_UNREACHABLE',
  'SLIPWAY_IMAGES_REGISTRY_NOT_TLS',
  'SLIPWAY_IMAGES_REGISTRY_FAILED',
  'SLIPWAY_IMAGES_REGISTRY_RATE_LIMITED',
  'SLIPWAY_IMAGES_REGISTRY_PROTOCOL',
  'SLIPWAY_IMAGES_TRANSFER_BROKEN',
]
