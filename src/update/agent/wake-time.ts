/** What a turn may have to wait for; milliseconds since 1970. */
export type Awaited = {
  readonly checkAtMs: number | undefined
  /** A window that opens, or the next question to the lock server. */
  readonly rebootAtMs: number | undefined
  readonly unlockAtMs: number | undefined
  readonly onTrial: boolean
}

/** So that nothing makes turns follow each other without a pause. */
const shortestMs = 10 * 1000
/** Clocks jump: what a turn waits for is looked at anew each day. */
const longestMs = 24 * 60 * 60 * 1000
/** The health gate decides meanwhile. */
const onTrialMs = 60 * 1000

/** When the next turn begins; undefined when there is nothing to wait for. */
export function nextWakeAtMs(
  { checkAtMs, rebootAtMs, unlockAtMs, onTrial }: Awaited,
  nowMs: number,
): number | undefined {
  const times = [checkAtMs, rebootAtMs, unlockAtMs, onTrial ? nowMs + onTrialMs : undefined]
  const earliest = Math.min(...times.filter((time) => time !== undefined))
  if (earliest === Number.POSITIVE_INFINITY) return undefined
  return Math.round(Math.min(Math.max(earliest, nowMs + shortestMs), nowMs + longestMs))
}
