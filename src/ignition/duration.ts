const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a duration as Go writes them, such as `1m30s` or `500ms`; undefined for others. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y
  let total = 0
  while (part.lastIndex < text.length) {
    const [, count, unit = ''] = part.exec(text) ?? []
    if (count === undefined) return undefined
    total += Number(count) * (units[unit] ?? 0)
  }
  return text === '' ? undefined : total
}
