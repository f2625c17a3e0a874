import { imagesErrors } from '../../errors/images.ts'
import type { Answer } from '../../http/connection.ts'
import { EarlyEndError } from '../../http/early-end.ts'
import { isPassingError, nextDelay, wait } from '../../http/retry.ts'
import type { RepositoryName } from './authorization.ts'
import { DigestCheck } from './digest.ts'
import type { Descriptor } from './manifest.ts'
import type { RegistryClient, RequestOptions } from './registry.ts'
import { registryFailure } from './registry-failure.ts'

/** A try that brought this much starts the count of tries anew. */
const progressBytes = 256 * 1024

/**
 * Streams a blob. A transfer that breaks off goes on where it stopped (Range); the hash goes on with
 * it, so that the whole is checked as one. The last piece is given only after digest and size proved
 * right: a reader that saw the end of the stream has the true content.
 *
 * @throws SLIPWAY_IMAGES_DIGEST_MISMATCH, SLIPWAY_IMAGES_SIZE_MISMATCH,
 * SLIPWAY_IMAGES_TRANSFER_BROKEN, and as `RegistryClient.get`
 */
export async function* downloadBlob(
  client: RegistryClient,
  name: RepositoryName,
  blob: Descriptor,
  { signal, onRetry }: RequestOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const transfer = new Transfer(client, name, blob)
  const { registry } = name
  let held: Buffer | undefined
  for (let attempt = 1; ; attempt += 1) {
    const startedAt = transfer.receivedBytes
    try {
      for await (const piece of transfer.pieces(signal)) {
        if (held !== undefined) yield held
        held = piece
      }
      break
    } catch (error) {
      signal?.throwIfAborted()
      if (transfer.receivedBytes - startedAt >= progressBytes) attempt = 1
      const delayMs = nextDelay(error, attempt, client.retryPolicy)
      const reason = error instanceof Error ? error.message : String(error)
      if (delayMs === undefined) {
        throw transfer.receivedBytes > 0 && isPassingError(error)
          ? broken(registry, blob, attempt, reason, error)
          : registryFailure(registry, error)
      }
      onRetry?.({ url: client.url(name, `blobs/${blob.digest}`).href, reason, delayMs })
      await wait(delayMs, signal)
    }
  }
  transfer.finish()
  if (held !== undefined) yield held
}

/** What is known about a blob while its pieces come, over several connections if need be. */
class Transfer {
  receivedBytes = 0
  readonly #client: RegistryClient
  readonly #name: RepositoryName
  readonly #blob: Descriptor
  readonly #check: DigestCheck

  constructor(client: RegistryClient, name: RepositoryName, blob: Descriptor) {
    this.#client = client
    this.#name = name
    this.#blob = blob
    this.#check = new DigestCheck(blob.digest)
  }

  /** The rest of the blob from one connection. */
  async *pieces(signal: AbortSignal | undefined): AsyncGenerator<Buffer, void, undefined> {
    const { sizeBytes } = this.#blob
    if (this.receivedBytes === sizeBytes && sizeBytes > 0) return
    const range = this.receivedBytes > 0 ? { range: `bytes=${this.receivedBytes}-` } : {}
    const path = `blobs/${this.#blob.digest}`
    const answer = await this.#client.get(this.#name, path, { accept: '*/*', ...range }, signal)
    let skipBytes = this.#placeOf(answer)
    for await (const piece of this.#client.connections.pieces(answer.body)) {
      const skipped = Math.min(skipBytes, piece.length)
      skipBytes -= skipped
      const fresh = piece.subarray(skipped)
      this.receivedBytes += fresh.length
      if (this.receivedBytes > sizeBytes) throw this.#wrongSize(`more than ${sizeBytes}`)
      this.#check.update(fresh)
      if (fresh.length > 0) yield fresh
    }
    if (this.receivedBytes < sizeBytes) throw new EarlyEndError(this.receivedBytes, sizeBytes)
  }

  finish(): void {
    this.#check.finish('blob')
  }

  /** How many bytes of the answer we have already. */
  #placeOf({ status, headers, body }: Answer): number {
    const { sizeBytes } = this.#blob
    const { registry } = this.#name
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

function broken(
  registry: string,
  { digest }: Descriptor,
  attempts: number,
  reason: string,
  cause: unknown,
) {
  const details = { digest, registry, attempts, reason }
  return imagesErrors.error('SLIPWAY_IMAGES_TRANSFER_BROKEN', details, cause)
}
