/** A piece of a container's output. */
export type LogLine = {
  readonly stream: 'stdout' | 'stderr'
  /** RFC 3339. */
  readonly timestamp: string
  /** With its line feed, unless the container wrote none yet. */
  readonly content: Buffer
}

export type LogQuery = {
  readonly follow: boolean
  /** How many lines of the past; undefined is all. */
  readonly tail?: number
  readonly signal: AbortSignal
}

/** Nanoseconds since the epoch of an RFC 3339 time. */
export function timestampNs(timestamp: string): bigint {
  const [, second = '', fraction = '', zone = ''] =
    /^(.{19})(?:\.(\d{1,9}))?(.*)$/.exec(timestamp) ?? []
  return secondNs(`${second}${zone}`) + BigInt(fraction.padEnd(9, '0'))
}

/** Lines come many a second, and a date takes long to read. */
let lastSecond = { text: '', ns: 0n }

function secondNs(text: string): bigint {
  if (lastSecond.text !== text)
    lastSecond = { text, ns: BigInt(Math.floor(Date.parse(text) / 1000)) * 1_000_000_000n }
  return lastSecond.ns
}

/** A time as Docker writes it before lines: UTC with nine digits. */
export function logTimestamp(timestamp: string): string {
  const ns = timestampNs(timestamp)
  const second = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)
  return `${second}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`
}
