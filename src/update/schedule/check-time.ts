/** When to look for a release the next time. */

export type CheckHistory = {
  /** Milliseconds since 1970; undefined when this host has never looked. */
  readonly lastCheckAtMs?: number
  /** Checks in a row that failed. */
  readonly failures: number
}

/** How long a host that has never looked may wait at most. */
const firstCheckWithinMs = 10 * 60 * 1000

/** The first retry; each further one waits twice as long, up to the interval. */
const firstRetryMs = 60 * 1000

/**
 * The time of the next check, in milliseconds since 1970; ask once after each check and keep the answer,
 * since every call draws lots anew. Never earlier than now.
 *
 * A fleet must not come all at once: each interval is drawn from 75 % to 125 %, so that hosts that
 * started together drift apart; the first check is drawn from the first minutes; retries from half of
 * their time to all of it.
 *
 * @param random gives numbers from 0 (included) to 1 (excluded), as Math.random does.
 */
export function nextCheckAtMs(
  { lastCheckAtMs, failures }: CheckHistory,
  intervalMs: number,
  nowMs: number,
  random: () => number,
): number {
  // A last check in the future means that the clock was wrong then, or is now: it says nothing.
  if (lastCheckAtMs === undefined || lastCheckAtMs > nowMs)
    return Math.round(nowMs + random() * Math.min(firstCheckWithinMs, intervalMs))
  const waitMs =
    failures > 0
      ? retryMs(failures, intervalMs) * (0.5 + random() / 2)
      : intervalMs * (0.75 + random() / 2)
  return Math.round(Math.max(nowMs, lastCheckAtMs + waitMs))
}

function retryMs(failures: number, intervalMs: number): number {
  return Math.min(intervalMs, firstRetryMs * 2 ** (failures - 1))
}
