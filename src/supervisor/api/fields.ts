import { engineErrors } from '../../errors/engine.ts'
import {
  boolean,
  count,
  type JsonObject,
  JsonShapeError,
  list,
  object,
  optional,
  text,
  textMap,
  texts,
} from '../../json/value.ts'

/** The fields of an object of a request; what is absent, `null` or Go's zero value is undefined. */
export class Fields {
  readonly #fields: JsonObject
  readonly #where: string

  constructor(value: unknown, where: string) {
    this.#fields = optional(value, where, object) ?? {}
    this.#where = where
  }

  get keys(): readonly string[] {
    return Object.keys(this.#fields)
  }

  raw(key: string): unknown {
    return this.#fields[key]
  }

  name(key: string): string {
    return this.#where === '' ? key : `${this.#where}.${key}`
  }

  text(key: string): string | undefined {
    return this.#read(key, text) || undefined
  }

  /** 0 counts as absent. */
  number(key: string): number | undefined {
    return this.#read(key, wholeNumber) || undefined
  }

  count(key: string): number | undefined {
    return this.#read(key, count) || undefined
  }

  flag(key: string): boolean {
    return this.#read(key, boolean) ?? false
  }

  texts(key: string): string[] {
    return this.#read(key, texts) ?? []
  }

  /** A list of words, or one word. */
  words(key: string): string[] | undefined {
    return this.#read(key, (value, where) =>
      typeof value === 'string' ? [value] : texts(value, where),
    )
  }

  textMap(key: string): Record<string, string> {
    return this.#read(key, textMap) ?? {}
  }

  /** The keys of a set in Go's fashion. */
  keysOf(key: string): string[] {
    return Object.keys(this.#read(key, object) ?? {})
  }

  entries(key: string): [string, unknown][] {
    return Object.entries(this.#read(key, object) ?? {})
  }

  objectsByName(key: string): [string, Fields][] {
    return this.entries(key).map(([name, value]) => [
      name,
      new Fields(value, `${this.name(key)}.${name}`),
    ])
  }

  objects(key: string): Fields[] {
    const items = this.#read(key, list) ?? []
    return items.map((item, index) => new Fields(item, `${this.name(key)}[${index}]`))
  }

  object(key: string): Fields {
    return new Fields(this.#fields[key], this.name(key))
  }

  /** Throws SLIPWAY_ENGINE_UNSUPPORTED when the field says anything. */
  refuse(key: string, reason: string): void {
    if (!isZero(this.#fields[key]))
      throw engineErrors.error('SLIPWAY_ENGINE_UNSUPPORTED', { field: this.name(key), reason })
  }

  #read<T>(key: string, read: (value: unknown, where: string) => T): T | undefined {
    return optional(this.#fields[key], this.name(key), read)
  }
}

/** Throws SLIPWAY_ENGINE_INVALID. */
export function invalid(problem: string): Error {
  return engineErrors.error('SLIPWAY_ENGINE_INVALID', { problem })
}

/** What Go's encoder writes for a field that nobody set. */
function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false)
    return true
  if (Array.isArray(value)) return value.length === 0 || value.every((item) => item === 0)
  return typeof value === 'object' && Object.values(value).every(isZero)
}

function wholeNumber(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new JsonShapeError(`${where} is not a whole number`)
}
