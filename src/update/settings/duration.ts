/** A length of time as people write it: `90s`, `30m`, `6h`, `1d`. */
export const durationPattern = /^[1-9]\d{0,6}[smhd]$/

const unitsMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60 * 1000,
  h: 60 * 60 * 1000,
  d: 24 * 60 * 60 * 1000,
}

/** Milliseconds of a text that matches `durationPattern`. */
export function durationMs(text: string): number {
  const unitMs = unitsMs[text.slice(-1)]
  if (!durationPattern.test(text) || unitMs === undefined)
    throw new TypeError(`"${text}" was not checked to be a duration`)
  return Number(text.slice(0, -1)) * unitMs
}
