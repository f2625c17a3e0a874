import { releaseErrors } from '../errors/release.ts'

/** How long signed metadata is valid, in days. */
export type Lifetimes = {
  readonly rootDays: number
  readonly targetsDays: number
  readonly snapshotDays: number
  readonly timestampDays: number
}

export const defaultLifetimes: Lifetimes = {
  rootDays: 365,
  targetsDays: 90,
  snapshotDays: 90,
  timestampDays: 7,
}

const maximumDays = 3650

/** The lifetimes with some of them replaced. Throws SLIPWAY_RELEASE_NUMBER_INVALID. */
export function lifetimesWith(changes: Readonly<Partial<Lifetimes>>): Lifetimes {
  const lifetimes = { ...defaultLifetimes, ...changes }
  for (const [name, value] of Object.entries(lifetimes))
    if (!Number.isInteger(value) || value < 1 || value > maximumDays)
      throw releaseErrors.error('SLIPWAY_RELEASE_NUMBER_INVALID', {
        what: `the lifetime ${name}`,
        value: String(value),
        expected: `a whole number of days from 1 to ${maximumDays}`,
      })
  return lifetimes
}

const dayMs = 24 * 3600 * 1000

/** When something signed at `now` expires, as TUF writes it. */
export function expiryAfter(now: Date, days: number): string {
  return tufTime(new Date(now.getTime() + days * dayMs))
}

/** ISO 8601 in UTC with whole seconds: `2030-01-31T12:00:00Z`. */
export function tufTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Whether less than a third of the lifetime is left: time to sign anew. */
export function expiresSoon(expires: string, now: Date, days: number): boolean {
  return Date.parse(expires) - now.getTime() < (days * dayMs) / 3
}
