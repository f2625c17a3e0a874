const unitsMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60 * 1000,
  h: 60 * 60 * 1000,
}

/** Milliseconds, rounded up, of Compose's `1m30s`; throws a RangeError. */
export function parseDuration(text: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+$/.test(text))
    throw new RangeError(`expected a duration such as 90s, 1m30s or 500ms, found "${text}"`)
  let sumMs = 0
  for (const [, amount, unit = ''] of text.matchAll(/([\d.]+)([a-z]+)/g))
    sumMs += Number(amount) * (unitsMs[unit] ?? Number.NaN)
  const durationMs = Math.ceil(sumMs)
  if (!Number.isSafeInteger(durationMs)) throw new RangeError(`"${text}" is too long`)
  return durationMs
}
