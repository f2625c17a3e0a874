import { createHash } from 'node:crypto'
import { updateErrors } from '../../errors/update.ts'
import type { Answer } from '../../http/connection.ts'
import { EarlyEndError } from '../../http/early-end.ts'
import {
  isPassingError,
  nextDelay,
  PassingAnswer,
  type RetryNotice,
  type RetryPolicy,
  wait,
} from '../../http/retry.ts'
import type { Artifact } from '../release.ts'
import type { Server } from './server.ts'
import { storedTarget } from './target-paths.ts'

export type DownloadOptions = {
  /** The beginning of the file, if an earlier download has left one: it is read, and counts. */
  readonly present?: AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal | undefined
  /** Told before each further try. */
  readonly onRetry?: (notice: RetryNotice) => void
}

/** A try that brought this much starts the count of tries anew. */
const progressBytes = 256 * 1024

/**
 * Streams a target from where `present` ends. A transfer that breaks off goes on where it stopped
 * (Range). The last piece is given only after length and SHA-256 of the whole proved right: a reader
 * that saw the end of the stream has, with `present`, the true content.
 *
 * @throws SLIPWAY_UPDATE_TARGET_DAMAGED (what is present is to be thrown away as well),
 * SLIPWAY_UPDATE_TARGET_WRONG_LENGTH, SLIPWAY_UPDATE_TRANSFER_BROKEN, SLIPWAY_UPDATE_SERVER_SLOW,
 * SLIPWAY_UPDATE_SERVER_UNREACHABLE, SLIPWAY_UPDATE_NOT_FOUND, and as `Server.get`
 */
export async function* downloadTarget(
  server: Server,
  retryPolicy: RetryPolicy,
  artifact: Artifact,
  { present, signal, onRetry }: DownloadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const transfer = new Transfer(server, artifact)
  if (present !== undefined) for await (const piece of present) transfer.add(piece)
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
      const delayMs = nextDelay(error, attempt, retryPolicy)
      if (delayMs === undefined) throw failure(server, artifact, transfer, attempt, error)
      const reason = error instanceof Error ? error.message : String(error)
      onRetry?.({ reason, delayMs })
      await wait(delayMs, signal)
    }
  }
  transfer.finish()
  if (held !== undefined) yield held
}

/** What is known of a target while its pieces come, over several connections if need be. */
class Transfer {
  receivedBytes = 0
  readonly #server: Server
  readonly #artifact: Artifact
  readonly #hash = createHash('sha256')

  constructor(server: Server, artifact: Artifact) {
    this.#server = server
    this.#artifact = artifact
  }

  add(piece: Uint8Array): void {
    this.receivedBytes += piece.length
    const { sizeBytes } = this.#artifact
    if (this.receivedBytes > sizeBytes) throw this.#wrongLength(`more than ${sizeBytes}`)
    this.#hash.update(piece)
  }

  /** The rest of the target from one connection. */
  async *pieces(signal: AbortSignal | undefined): AsyncGenerator<Buffer, void, undefined> {
    const { target, sizeBytes, sha256 } = this.#artifact
    if (this.receivedBytes === sizeBytes) return
    const path = `targets/${storedTarget(target, sha256)}`
    const answer = await this.#server.get(path, this.receivedBytes, signal)
    let skipBytes = this.#placeOf(answer)
    for await (const piece of this.#server.pieces(answer)) {
      const skipped = Math.min(skipBytes, piece.length)
      skipBytes -= skipped
      const fresh = piece.subarray(skipped)
      this.add(fresh)
      if (fresh.length > 0) yield fresh
    }
    if (this.receivedBytes < sizeBytes) throw new EarlyEndError(this.receivedBytes, sizeBytes)
  }

  finish(): void {
    const actual = this.#hash.digest('hex')
    if (actual === this.#artifact.sha256) return
    const { target } = this.#artifact
    const details = { server: this.#server.name, target, actual }
    throw updateErrors.error('SLIPWAY_UPDATE_TARGET_DAMAGED', details)
  }

  /** How many bytes of the answer we have already. */
  #placeOf({ status, headers, body }: Answer): number {
    const { sizeBytes } = this.#artifact
    if (status === 416) {
      body.destroy()
      throw this.#wrongLength(`at most ${this.receivedBytes}`)
    }
    if (status === 206) {
      const [, start, total] =
        /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
      if (Number(start) === this.receivedBytes && (total === '*' || Number(total) === sizeBytes))
        return 0
      body.destroy()
      throw this.#wrongLength(total === undefined || total === '*' ? 'another range' : total)
    }
    const { 'content-length': length } = headers
    if (length !== undefined && Number(length) !== sizeBytes) {
      body.destroy()
      throw this.#wrongLength(length)
    }
    return this.receivedBytes
  }

  #wrongLength(actual: string) {
    const { target, sizeBytes } = this.#artifact
    const details = { server: this.#server.name, target, sizeBytes, actual }
    return updateErrors.error('SLIPWAY_UPDATE_TARGET_WRONG_LENGTH', details)
  }
}

function failure(
  server: Server,
  { target }: Artifact,
  { receivedBytes }: Transfer,
  attempts: number,
  error: unknown,
): unknown {
  const reported = server.failure(target, error)
  const slow = error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT'
  if (slow || error instanceof PassingAnswer || !isPassingError(error) || receivedBytes === 0)
    return reported
  const details = { server: server.name, target, attempts, reason: error.message }
  return updateErrors.error('SLIPWAY_UPDATE_TRANSFER_BROKEN', details, error)
}
