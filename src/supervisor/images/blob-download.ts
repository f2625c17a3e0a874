import { isSlipwayError } from '../../errors/error.ts'
import { imagesErrors } from '../../errors/images.ts'
import type { Answer } from '../../http/connection.ts'
import { EarlyEndError } from '../../http/early-end.ts'
import { isPassingError, nextDelay, wait } from '../../http/retry.ts'
import type { RepositoryName } from './authorization.ts'
import { DigestCheck } from './digest.ts'
import type { Descriptor } from './manifest.ts'
import type { PartialBlob } from './partial-blobs.ts'
import type { RegistryClient, RequestOptions } from './registry.ts'
import { registryFailure } from './registry-failure.ts'
import type { Sources } from './sources.ts'

/** A try that brought this much starts the count of tries anew. */
const progressBytes = 256 * 1024

/**
 * Streams a blob. A transfer that breaks off goes on where it stopped (Range), at the next source if need
 * be; the hash goes on with it, so that the whole is checked as one. So it does with what an earlier
 * download left. The last piece is given only after digest and size proved right: a reader that saw the
 * end of the stream has the true content.
 */
export class BlobDownload {
  readonly #sources: Sources
  readonly #blob: Descriptor
  readonly #partial: PartialBlob | undefined
  readonly #transfer: Transfer
  #isOriginal = true

  constructor(sources: Sources, blob: Descriptor, partial?: PartialBlob) {
    this.#sources = sources
    this.#blob = blob
    this.#partial = partial
    this.#transfer = new Transfer(sources.client, blob)
  }

  /** Whether all of it came from the registry itself, and now. */
  get isOriginal(): boolean {
    return this.#isOriginal
  }

  /**
   * @throws SLIPWAY_IMAGES_DIGEST_MISMATCH, SLIPWAY_IMAGES_SIZE_MISMATCH,
   * SLIPWAY_IMAGES_TRANSFER_BROKEN, and as `RegistryClient.get`
   */
  async *pieces(options: RequestOptions): AsyncGenerator<Buffer, void, undefined> {
    let held: Buffer | undefined
    for await (const piece of this.#all(options)) {
      if (held !== undefined) yield held
      held = piece
    }
    this.#transfer.finish()
    if (held !== undefined) yield held
  }

  async *#all(options: RequestOptions): AsyncGenerator<Buffer, void, undefined> {
    const partial = this.#partial
    if (partial !== undefined && partial.keptBytes > 0) {
      this.#isOriginal = false
      for await (const piece of partial.kept()) yield this.#transfer.accept(piece)
    }
    for await (const piece of this.#fromSources(options)) {
      await partial?.add(piece)
      yield piece
    }
  }

  async *#fromSources({
    signal,
    onRetry,
  }: RequestOptions): AsyncGenerator<Buffer, void, undefined> {
    const transfer = this.#transfer
    const sources = this.#sources
    const { client } = sources
    let source = sources.best
    for (let attempt = 1; ; attempt += 1) {
      const startedAt = transfer.receivedBytes
      if (source !== sources.origin) this.#isOriginal = false
      try {
        yield* transfer.pieces(source, signal)
        return
      } catch (error) {
        signal?.throwIfAborted()
        if (transfer.isSpoiled) throw error
        if (transfer.receivedBytes - startedAt >= progressBytes) attempt = 1
        const delayMs = nextDelay(error, attempt, client.policyOf(source.registry))
        const reason = error instanceof Error ? error.message : String(error)
        if (delayMs === undefined) {
          const failure = this.#failure(source, attempt, reason, error)
          if (source === sources.origin) throw sources.failure(failure)
          sources.giveUp(source, failure)
          source = sources.best
          attempt = 0
          continue
        }
        onRetry?.({ url: client.url(source, `blobs/${this.#blob.digest}`).href, reason, delayMs })
        await wait(delayMs, signal)
      }
    }
  }

  #failure({ registry }: RepositoryName, attempts: number, reason: string, error: unknown) {
    if (this.#transfer.receivedBytes === 0 || !isPassingError(error))
      return registryFailure(registry, error)
    const details = { digest: this.#blob.digest, registry, attempts, reason }
    return imagesErrors.error('SLIPWAY_IMAGES_TRANSFER_BROKEN', details, error)
  }
}

/** Whether an error says that what came is not what was asked for, in whatever way that showed. */
export function isWrongContent(error: unknown): boolean {
  return [
    'SLIPWAY_IMAGES_DIGEST_MISMATCH',
    'SLIPWAY_IMAGES_SIZE_MISMATCH',
    'SLIPWAY_IMAGES_LAYER_DAMAGED',
    'SLIPWAY_IMAGES_LAYER_UNSAFE',
    'SLIPWAY_IMAGES_LAYER_TOO_LARGE',
  ].some((code) => isSlipwayError(error, code))
}

/** What is known about a blob while its pieces come, over several connections if need be. */
class Transfer {
  receivedBytes = 0
  readonly #client: RegistryClient
  readonly #blob: Descriptor
  readonly #check: DigestCheck

  constructor(client: RegistryClient, blob: Descriptor) {
    this.#client = client
    this.#blob = blob
    this.#check = new DigestCheck(blob.digest)
  }

  /** More came than there can be: nothing can go on with that. */
  get isSpoiled(): boolean {
    return this.receivedBytes > this.#blob.sizeBytes
  }

  /** Takes the next piece into account. @throws SLIPWAY_IMAGES_SIZE_MISMATCH */
  accept(piece: Buffer): Buffer {
    this.receivedBytes += piece.length
    if (this.isSpoiled) throw this.#wrongSize(`more than ${this.#blob.sizeBytes}`)
    this.#check.update(piece)
    return piece
  }

  /** The rest of the blob from one connection. */
  async *pieces(
    source: RepositoryName,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer, void, undefined> {
    const { sizeBytes } = this.#blob
    if (this.receivedBytes === sizeBytes && sizeBytes > 0) return
    const range = this.receivedBytes > 0 ? { range: `bytes=${this.receivedBytes}-` } : {}
    const path = `blobs/${this.#blob.digest}`
    const answer = await this.#client.get(source, path, { accept: '*/*', ...range }, signal)
    let skipBytes = this.#placeOf(answer, source)
    for await (const piece of this.#client.connections.pieces(answer.body)) {
      const skipped = Math.min(skipBytes, piece.length)
      skipBytes -= skipped
      const fresh = this.accept(piece.subarray(skipped))
      if (fresh.length > 0) yield fresh
    }
    if (this.receivedBytes < sizeBytes) throw new EarlyEndError(this.receivedBytes, sizeBytes)
  }

  finish(): void {
    this.#check.finish('blob')
  }

  /** How many bytes of the answer we have already. */
  #placeOf({ status, headers, body }: Answer, { registry }: RepositoryName): number {
    const { sizeBytes } = this.#blob
    if (status === 416) {
      body.destroy()
      throw this.#wrongSize(`only ${this.receivedBytes}`)
    }
    if (status === 206) {
      const start = /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1]
      if (Number(start) === this.receivedBytes) return 0
      body.destroy()
      const reason = 'it answers a range request with another range'
      throw imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_PROTOCOL', { registry, reason })
    }
    const { 'content-length': length } = headers
    if (length !== undefined && Number(length) !== sizeBytes) {
      body.destroy()
      throw this.#wrongSize(length)
    }
    return this.receivedBytes
  }

  #wrongSize(actual: string) {
    const { digest, sizeBytes: expectedBytes } = this.#blob
    const details = { what: 'blob', digest, expectedBytes, actual }
    return imagesErrors.error('SLIPWAY_IMAGES_SIZE_MISMATCH', details)
  }
}
