import type { Check } from './checks.ts'

export type GateTiming = {
  /** How long the checks may take until they hold. */
  readonly timeoutMs: number
  /** For how long they must hold without a break. */
  readonly settleMs: number
  /** From one look to the next. */
  readonly intervalMs: number
}

export const standardTiming = { settleMs: 10_000, intervalMs: 1_000 }

/** Monotonic clock and sleep; tests have their own. */
export type Time = {
  now(): number
  sleep(delayMs: number): Promise<void>
}

export type Verdict =
  | { readonly healthy: true }
  | { readonly healthy: false; readonly check: string; readonly reason: string }

/**
 * Looks until all checks hold for a while, or time is up: then the first check that does not hold is the
 * verdict's. `report` is called when what keeps the host waiting changes.
 */
export async function healthGate(
  checks: readonly Check[],
  { timeoutMs, settleMs, intervalMs }: GateTiming,
  time: Time,
  report: (check: string, reason: string) => void = () => {},
): Promise<Verdict> {
  const startMs = time.now()
  let holdsSinceMs: number | undefined
  let reported = ''
  for (;;) {
    const failure = await firstFailure(checks)
    const nowMs = time.now()
    if (failure === undefined) {
      holdsSinceMs ??= nowMs
      if (nowMs - holdsSinceMs >= settleMs) return { healthy: true }
    } else {
      holdsSinceMs = undefined
      const { check, reason } = failure
      if (`${check} ${reason}` !== reported) report(check, reason)
      reported = `${check} ${reason}`
      if (nowMs - startMs >= timeoutMs) return { healthy: false, ...failure }
    }
    // What holds when time is up may finish its while: a restart that never settles cannot.
    if (nowMs - startMs >= timeoutMs + settleMs)
      return { healthy: false, check: 'stability', reason: 'the checks held, but never for long' }
    await time.sleep(intervalMs)
  }
}

/** One question may not take longer: whoever does not answer is not well. */
const checkTimeoutMs = 20_000

async function firstFailure(
  checks: readonly Check[],
): Promise<{ check: string; reason: string } | undefined> {
  for (const { name, run } of checks) {
    const reason = await answerInTime(run)
    if (reason !== undefined) return { check: name, reason }
  }
  return undefined
}

async function answerInTime(run: Check['run']): Promise<string | undefined> {
  const late = Promise.withResolvers<string>()
  const timer = setTimeout(
    () => late.resolve(`no answer within ${checkTimeoutMs / 1000} s`),
    checkTimeoutMs,
  )
  try {
    return await Promise.race([run(AbortSignal.timeout(checkTimeoutMs)), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
