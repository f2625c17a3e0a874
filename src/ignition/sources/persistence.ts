import { setTimeout as sleep } from 'node:timers/promises'
import { ignitionErrors } from '../../errors/ignition.ts'
import type { Log } from '../log.ts'
import { NetworkFailure, reasonOf } from './failure.ts'

export type Persistence = {
  /** How people know what is tried. */
  readonly source: string
  /** For all tries together; 0 is without limit. */
  readonly totalMs: number
  readonly log: Log
  readonly signal: AbortSignal | undefined
}

const firstDelayMs = 200
const maximumDelayMs = 5_000
const maximumRetryAfterMs = 60_000

/**
 * Tries until something else comes of it than a NetworkFailure: again after 200 ms, then after twice
 * the time up to 5 s, without end unless there is a total time. Throws what a try throws otherwise,
 * SLIPWAY_IGNITION_FETCH_TIMEOUT, and the signal's reason.
 */
export async function persist<Result>(
  { source, totalMs, log, signal }: Persistence,
  once: (signal: AbortSignal, attempt: number) => Promise<Result>,
): Promise<Result> {
  const limit = totalMs > 0 ? AbortSignal.timeout(totalMs) : undefined
  const either = AbortSignal.any([signal, limit].filter((each) => each !== undefined))
  let reason = 'there was no answer yet'
  let delayMs = firstDelayMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(either, attempt)
    } catch (error) {
      signal?.throwIfAborted()
      if (limit?.aborted) throw tooLate()
      if (!(error instanceof NetworkFailure)) throw error
      reason = reasonOf(error)
      log.info(`${source}: attempt #${attempt}: ${reason}`)
      const asked = Math.min(error.retryAfterMs ?? 0, maximumRetryAfterMs)
      await pause(Math.max(delayMs, asked))
    }
    delayMs = Math.min(delayMs * 2, maximumDelayMs)
  }

  async function pause(milliseconds: number): Promise<void> {
    try {
      await sleep(milliseconds, undefined, { signal: either })
    } catch {
      signal?.throwIfAborted()
      throw tooLate()
    }
  }

  function tooLate() {
    const seconds = totalMs / 1000
    return ignitionErrors.error('SLIPWAY_IGNITION_FETCH_TIMEOUT', { source, seconds, reason })
  }
}
