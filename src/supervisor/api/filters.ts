import { HttpError } from './http-error.ts'

/** The values that are wanted, by what they are values of. */
export type Filters = ReadonlyMap<string, readonly string[]>

/**
 * Reads the parameter `filters`, in the shape of Go's client (`{"label":{"a":true}}`) or of others
 * (`{"label":["a"]}`). Throws an HttpError for a key that is not known.
 */
export function parseFilters(query: URLSearchParams, known: readonly string[]): Filters {
  const text = query.get('filters')
  if (text === null || text === '') return new Map()
  const fields = parsed(text)
  for (const key of Object.keys(fields))
    if (!known.includes(key)) throw new HttpError(400, `invalid filter '${key}'`)
  return new Map(Object.entries(fields).map(([key, value]) => [key, valuesOf(value, text)]))
}

/** Whether all wanted labels are there: each is `KEY` or `KEY=VALUE`. */
export function matchesLabels(
  wanted: readonly string[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return wanted.every((text) => {
    const equals = text.indexOf('=')
    if (equals < 0) return Object.hasOwn(labels, text)
    return labels[text.slice(0, equals)] === text.slice(equals + 1)
  })
}

/** Whether a filter lets it through: without values all of them, otherwise any that `fits`. */
export function matchesAny(
  filters: Filters,
  key: string,
  fits: (wanted: string) => boolean,
): boolean {
  const wanted = filters.get(key)
  return wanted === undefined || wanted.length === 0 || wanted.some(fits)
}

/** Whether one of the names is, or has in it, what a pattern says. Throws an HttpError for no pattern. */
export function matchesName(names: readonly string[], wanted: string): boolean {
  if (names.includes(wanted)) return true
  try {
    const pattern = new RegExp(wanted)
    return names.some((name) => pattern.test(name))
  } catch {
    throw new HttpError(400, `invalid filter 'name=${wanted}'`)
  }
}

/** A filter that is true or false, as Docker reads it; undefined when it is not there. Throws an HttpError. */
export function filterFlag(filters: Filters, key: string): boolean | undefined {
  const values = filters.get(key)
  if (values === undefined || values.length === 0) return undefined
  const yes = values.some((value) => value === '1' || value === 'true')
  const no = values.some((value) => value === '0' || value === 'false')
  if (yes !== no) return yes
  const found = values.map((value) => `'${value}'`).join(' ')
  throw new HttpError(400, `invalid filter '${key}=[${found.replaceAll("'", '')}]'`)
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Told below, as any other shape.
  }
  throw new HttpError(400, `invalid filters: ${text}`)
}

function valuesOf(value: unknown, text: string): string[] {
  if (Array.isArray(value)) return value.map(String)
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, wanted]) => (wanted === false ? [] : [key]))
  throw new HttpError(400, `invalid filters: ${text}`)
}
