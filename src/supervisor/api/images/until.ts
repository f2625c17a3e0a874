import type { Filters } from '../filters.ts'
import { HttpError } from '../http-error.ts'
import { timeNs } from '../time.ts'

/** The filter `until` in seconds: a time, or how long ago, as `24h` or `1h30m`. */
export function untilSeconds(filters: Filters, now = Date.now()): number | undefined {
  const [text, ...others] = filters.get('until') ?? []
  if (text === undefined) return undefined
  if (others.length > 0) throw new HttpError(400, 'more than one until filter specified')
  const agoMs = durationMs(text)
  if (agoMs !== undefined) return Math.floor((now - agoMs) / 1000)
  const ns = timeNs(new URLSearchParams({ until: text }), 'until')
  return ns === undefined ? undefined : Number(ns / 1_000_000_000n)
}

/** A duration in Go's notation; undefined for what is none. */
function durationMs(text: string): number | undefined {
  const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)].reduce(
    (sum, [, number = '', unit = '']) => sum + Number(number) * (unitsMs[unit] ?? 0),
    0,
  )
}
