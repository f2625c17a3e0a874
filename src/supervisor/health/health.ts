import type { Container } from '../containers/container.ts'
import type { Healthcheck } from '../containers/spec.ts'

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy'

/** One run of the check. */
export type Probe = {
  readonly startedAt: Date
  readonly endedAt: Date
  /** 0 is well; -1 when it did not end in time. */
  readonly exitCode: number
  readonly output: string
}

export type Health = {
  readonly status: HealthStatus
  /** Failures since the last success. */
  readonly failingStreak: number
  /** The last ones, the newest at the end. */
  readonly log: readonly Probe[]
}

/** How a container is checked. */
export type HealthPlan = {
  readonly command: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Failures so soon after the start do not count, until there was a success. */
  readonly startPeriodMs: number
  /** The interval within that period. */
  readonly startIntervalMs: number
  /** So many failures one after the other make it unhealthy. */
  readonly retries: number
}

/** Docker's. */
const defaults = { intervalMs: 30_000, timeoutMs: 30_000, startIntervalMs: 5_000, retries: 3 }
const keptProbes = 5

export const unknownHealth: Health = { status: 'starting', failingStreak: 0, log: [] }

/** The check of a container: its own, and what that leaves out from its image; undefined for none. */
export function healthPlan({
  spec,
  image,
}: Pick<Container, 'spec' | 'image'>): HealthPlan | undefined {
  const check: Healthcheck = { ...image.config.Healthcheck, ...spec.healthcheck }
  const [kind = 'NONE', ...words] = check.Test ?? []
  if (kind === 'NONE' || words.length === 0) return undefined
  const shell = image.config.Shell ?? ['/bin/sh', '-c']
  return {
    command: kind === 'CMD-SHELL' ? [...shell, words.join(' ')] : words,
    intervalMs: milliseconds(check.Interval) ?? defaults.intervalMs,
    timeoutMs: milliseconds(check.Timeout) ?? defaults.timeoutMs,
    startPeriodMs: milliseconds(check.StartPeriod) ?? 0,
    startIntervalMs: milliseconds(check.StartInterval) ?? defaults.startIntervalMs,
    retries: check.Retries || defaults.retries,
  }
}

/** What is known after one more probe of a container that was started at `startedAt`. */
export function afterProbe(
  health: Health,
  probe: Probe,
  plan: HealthPlan,
  startedAt: Date,
): Health {
  const log = [...health.log, probe].slice(-keptProbes)
  if (probe.exitCode === 0) return { status: 'healthy', failingStreak: 0, log }
  const sinceStartMs = probe.startedAt.getTime() - startedAt.getTime()
  if (health.status === 'starting' && sinceStartMs < plan.startPeriodMs) return { ...health, log }
  const failingStreak = health.failingStreak + 1
  const status = failingStreak >= plan.retries ? 'unhealthy' : health.status
  return { status, failingStreak, log }
}

/** How long after one probe the next one is due. */
export function untilNextProbeMs(health: Health, plan: HealthPlan, sinceStartMs: number): number {
  return health.status === 'starting' && sinceStartMs < plan.startPeriodMs
    ? plan.startIntervalMs
    : plan.intervalMs
}

/** Docker counts in nanoseconds; 0 is absent. */
function milliseconds(nanoseconds: number | undefined): number | undefined {
  return nanoseconds ? Math.max(nanoseconds / 1e6, 1) : undefined
}
