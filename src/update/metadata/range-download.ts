import { updateDeltaErrors } from '../../errors/update-delta.ts'
import { type RetryPolicy, withRetries } from '../../http/retry.ts'
import type { Artifact } from '../release.ts'
import type { Server } from './server.ts'
import { storedTarget } from './target-paths.ts'

/**
 * Some bytes of a target, held in memory: from the first on, up to but without `toByte`. There is no digest
 * of them here: the caller knows what they should be.
 *
 * @throws SLIPWAY_UPDATE_RANGES_REFUSED, SLIPWAY_UPDATE_SERVER_SLOW, SLIPWAY_UPDATE_SERVER_UNREACHABLE,
 * SLIPWAY_UPDATE_NOT_FOUND, and as `Server.get`
 */
export async function downloadRange(
  server: Server,
  policy: RetryPolicy,
  { target, sha256 }: Artifact,
  fromByte: number,
  toByte: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const path = `targets/${storedTarget(target, sha256)}`
  const attempt = async () => {
    const answer = await server.get(path, fromByte, signal, toByte)
    const refused = (reason: string) => {
      answer.body.destroy()
      const details = { server: server.name, target, reason }
      return updateDeltaErrors.error('SLIPWAY_UPDATE_RANGES_REFUSED', details)
    }
    if (answer.status !== 206) throw refused(`its status is ${answer.status}`)
    const range = answer.headers['content-range'] ?? 'none'
    if (!range.startsWith(`bytes ${fromByte}-${toByte - 1}/`))
      throw refused(`its range is ${range}`)
    const pieces: Buffer[] = []
    let receivedBytes = 0
    for await (const piece of server.pieces(answer)) {
      receivedBytes += piece.length
      if (receivedBytes > toByte - fromByte) throw refused('it is longer')
      pieces.push(piece)
    }
    if (receivedBytes < toByte - fromByte) throw new EarlyEndError()
    return Buffer.concat(pieces)
  }
  try {
    return await withRetries(attempt, { policy, signal, notify: () => {} })
  } catch (error) {
    signal?.throwIfAborted()
    throw server.failure(target, error)
  }
}

/** Treated as a connection that was cut. */
class EarlyEndError extends Error {
  readonly code = 'ECONNRESET'

  constructor() {
    super('the stream ended early')
  }
}
