import { setTimeout as sleep } from 'node:timers/promises'
import type { SlipwayError } from '../errors/error.ts'

export type RetryPolicy = {
  /** Tries in a row without progress, the first one included. */
  readonly attempts: number
  readonly firstDelayMs: number
  readonly maximumDelayMs: number
  /** A longer `Retry-After` is reported instead of waited for. */
  readonly maximumRetryAfterMs: number
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  firstDelayMs: 500,
  maximumDelayMs: 20_000,
  maximumRetryAfterMs: 120_000,
}

/**
 * The wait before try number `attempt` (2 for the first retry): doubles each time, and is drawn
 * from the upper half so that hosts that failed together do not come back together.
 */
export function delayBefore(attempt: number, policy: RetryPolicy, random = Math.random()): number {
  const full = Math.min(policy.firstDelayMs * 2 ** (attempt - 2), policy.maximumDelayMs)
  return Math.round(full * (0.5 + random / 2))
}

/** `Retry-After` in milliseconds (RFC 9110, 10.2.3): seconds or a date. */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime())
}

/** Answers that a later try may turn into a better one. */
export function isPassingStatus(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status)
}

/** Network failures that a later try may survive; a wrong name or a wrong certificate is not one. */
export function isPassingError(error: unknown): error is Error {
  const codes = [
    'ECONNRESET',
    'ECONNREFUSED',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'EAI_AGAIN',
    'ENETUNREACH',
    'EHOSTUNREACH',
    'ENETDOWN',
  ]
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

export async function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(delayMs, undefined, signal === undefined ? {} : { signal })
}

/** An answer that asks for patience. `report` is the error to throw when patience is at its end. */
export class PassingAnswer extends Error {
  readonly report: SlipwayError
  readonly retryAfterMs: number | undefined

  constructor(report: SlipwayError, retryAfterMs: number | undefined) {
    super(report.message)
    this.report = report
    this.retryAfterMs = retryAfterMs
  }
}

export type RetryNotice = { readonly reason: string; readonly delayMs: number }

/**
 * The wait before the next try after `error` ended try number `attempt`; undefined when trying again
 * is of no use, or too much would be asked of the one who waits.
 */
export function nextDelay(
  error: unknown,
  attempt: number,
  policy: RetryPolicy,
): number | undefined {
  const passing = error instanceof PassingAnswer || isPassingError(error)
  if (!passing || attempt >= policy.attempts) return undefined
  const usual = delayBefore(attempt + 1, policy)
  if (!(error instanceof PassingAnswer) || error.retryAfterMs === undefined) return usual
  return error.retryAfterMs > policy.maximumRetryAfterMs
    ? undefined
    : Math.max(usual, error.retryAfterMs)
}

/** Runs `operation` until it succeeds, fails for good, or has been tried as often as allowed. */
export async function withRetries<Result>(
  operation: () => Promise<Result>,
  {
    policy,
    signal,
    notify,
  }: {
    policy: RetryPolicy
    signal: AbortSignal | undefined
    notify: (notice: RetryNotice) => void
  },
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation()
    } catch (error) {
      signal?.throwIfAborted()
      const delayMs = nextDelay(error, attempt, policy)
      if (delayMs === undefined) throw error
      notify({ reason: error instanceof Error ? error.message : String(error), delayMs })
      await wait(delayMs, signal)
    }
  }
}
