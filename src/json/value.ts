/** Readers of values that come as JSON from elsewhere; each tells what it expected. */

/** The text is not what it should be; `message` says where and what was expected. */
export class JsonShapeError extends Error {}

export type JsonObject = Readonly<Record<string, unknown>>

/** Parses UTF-8 text strictly: broken UTF-8 would change its digest when written back. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return value
  } catch (error) {
    throw new JsonShapeError('it is not JSON text', { cause: error })
  }
}

/** A text as JSON, where nobody vouches for it; undefined when it is none. */
export function jsonIfAny(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The value below the names, of a document whose shape nobody vouches for; undefined where one is missing. */
export function valueAt(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
    value,
  )
}

export function object(value: unknown, where: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new JsonShapeError(`${where} is not an object`)
  }
  return { ...value }
}

export function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new JsonShapeError(`${where} is not a list`)
  return value
}

export function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new JsonShapeError(`${where} is not a text`)
  return value
}

/** A whole number from 0 on that a double holds exactly. */
export function count(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new JsonShapeError(`${where} is not a whole number from 0 on`)
  }
  return value
}

/** Absent and `null` mean the same: Go's encoder writes `null` for what is empty. */
export function optional<Value>(
  value: unknown,
  where: string,
  read: (value: unknown, where: string) => Value,
): Value | undefined {
  return value === undefined || value === null ? undefined : read(value, where)
}

export function texts(value: unknown, where: string): string[] {
  return list(value, where).map((entry, index) => text(entry, `${where}[${index}]`))
}

export function textMap(value: unknown, where: string): Record<string, string> {
  const entries = Object.entries(object(value, where))
  return Object.fromEntries(entries.map(([key, entry]) => [key, text(entry, `${where}.${key}`)]))
}

/** A set in Go's fashion: the keys count, their values are empty objects. */
export function keySet(value: unknown, where: string): Record<string, object> {
  return Object.fromEntries(Object.keys(object(value, where)).map((key) => [key, {}]))
}

export function boolean(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw new JsonShapeError(`${where} is not true or false`)
  return value
}
