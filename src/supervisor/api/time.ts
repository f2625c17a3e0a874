import { HttpError } from './http-error.ts'

/**
 * A time of the query, as seconds since the epoch with or without a fraction, or as RFC 3339: in
 * nanoseconds. Undefined when it is absent or 0. Throws an HttpError for anything else.
 */
export function timeNs(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name)
  if (text === null || text === '' || text === '0') return undefined
  const [, seconds, fraction = ''] = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text) ?? []
  if (seconds !== undefined)
    return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new HttpError(400, `invalid value for "${name}": ${text}`)
  return BigInt(ms) * 1_000_000n
}
