import { createHash } from 'node:crypto'
import { imagesErrors } from '../../errors/images.ts'
import { withRetries } from '../../http/retry.ts'
import type { RepositoryName } from './authorization.ts'
import type { RegistryClient, RequestOptions } from './registry.ts'
import { registryFailure } from './registry-failure.ts'

/** What was sent, as descriptors name it. */
export type Uploaded = { readonly digest: string; readonly sizeBytes: number }

/**
 * Sends blobs and manifests to one repository of a registry (distribution spec 1.1, push), with tries.
 *
 * @throws SLIPWAY_IMAGES_*, and the signal's reason
 */
export class Uploads {
  readonly #client: RegistryClient
  readonly #name: RepositoryName
  readonly #options: RequestOptions

  constructor(client: RegistryClient, name: RepositoryName, options: RequestOptions) {
    this.#client = client
    this.#name = name
    this.#options = options
  }

  async has(digest: string): Promise<boolean> {
    const url = this.#url(`blobs/${digest}`)
    const { status } = await this.#tried(() =>
      this.#send({ method: 'HEAD', url, good: [200, 404] }),
    )
    return status === 200
  }

  /** Whether the registry took a blob over from another of its repositories. */
  async mount(digest: string, from: string): Promise<boolean> {
    const url = this.#url('blobs/uploads/')
    url.searchParams.set('mount', digest)
    url.searchParams.set('from', from)
    // 202 begins an upload instead, which ends by itself when nothing comes.
    const { status } = await this.#tried(() =>
      this.#send({ method: 'POST', url, good: [201, 202] }),
    )
    return status === 201
  }

  /** Sends a blob whose digest is found on the way; `content` is asked for anew for each try. */
  async blob(content: () => AsyncIterable<Buffer>): Promise<Uploaded> {
    return await this.#tried(async () => {
      const started = await this.#send({
        method: 'POST',
        url: this.#url('blobs/uploads/'),
        good: [202],
      })
      const hash = createHash('sha256')
      let sizeBytes = 0
      const measured = async function* () {
        for await (const piece of content()) {
          hash.update(piece)
          sizeBytes += piece.length
          yield piece
        }
      }
      const sent = await this.#send({
        method: 'PATCH',
        url: this.#location(started.location, this.#url('')),
        headers: { 'content-type': 'application/octet-stream' },
        content: measured(),
        good: [202],
      })
      const digest = `sha256:${hash.digest('hex')}`
      const url = this.#location(sent.location, this.#url(''))
      url.searchParams.set('digest', digest)
      await this.#send({ method: 'PUT', url, good: [201, 204] })
      return { digest, sizeBytes }
    })
  }

  async manifest(reference: string, bytes: Buffer, mediaType: string): Promise<void> {
    const url = this.#url(`manifests/${reference}`)
    const headers = { 'content-type': mediaType }
    await this.#tried(() =>
      this.#send({ method: 'PUT', url, headers, content: bytes, good: [200, 201] }),
    )
  }

  #url(path: string): URL {
    return this.#client.url(this.#name, path)
  }

  async #send(
    change: Parameters<RegistryClient['send']>[1],
  ): Promise<{ status: number; location: string | undefined }> {
    const { status, headers, body } = await this.#client.send(
      this.#name,
      change,
      this.#options.signal,
    )
    // Nothing in it matters, but the connection is free only after its end.
    body.resume()
    return { status, location: headers.location }
  }

  #location(location: string | undefined, base: URL): URL {
    const { registry } = this.#name
    if (location === undefined || !URL.canParse(location, base.href))
      throw imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_PROTOCOL', {
        registry,
        reason: 'it begins an upload without a usable Location',
      })
    const url = new URL(location, base)
    if (url.protocol === 'https:' || url.protocol === base.protocol) return url
    throw imagesErrors.error('SLIPWAY_IMAGES_REDIRECT_REFUSED', {
      registry,
      target: url.origin,
      reason: `${url.protocol}// is not HTTPS`,
    })
  }

  async #tried<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const { signal, onRetry } = this.#options
    const policy = this.#client.policyOf(this.#name.registry)
    const notify = (notice: { reason: string; delayMs: number }) =>
      onRetry?.({ ...notice, url: this.#url('').href })
    try {
      return await withRetries(attempt, { policy, signal, notify })
    } catch (error) {
      throw registryFailure(this.#name.registry, error)
    }
  }
}
