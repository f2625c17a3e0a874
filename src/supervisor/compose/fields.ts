import type { FieldPath } from '../../checked-yaml/problem.ts'
import { readTexts } from './each.ts'
import type { Entry, NodeReader } from './node-reader.ts'

/** The fields of one map, read by their names; each is undefined when it is absent or has a problem. */
export class Fields<Key extends string> {
  readonly reader: NodeReader
  readonly path: FieldPath
  readonly #entries: Partial<Record<Key, Entry>>

  constructor(reader: NodeReader, path: FieldPath, entries: Partial<Record<Key, Entry>>) {
    this.reader = reader
    this.path = path
    this.#entries = entries
  }

  has(key: Key): boolean {
    return this.#entries[key] !== undefined
  }

  read<T>(
    key: Key,
    how: (reader: NodeReader, node: unknown, path: FieldPath) => T | undefined,
  ): T | undefined {
    const entry = this.#entries[key]
    return entry && how(this.reader, entry.value, [...this.path, key])
  }

  /** A text as `parse` understands it; it throws a RangeError that says what is wrong. */
  parsed<T>(key: Key, expected: string, parse: (text: string) => T): T | undefined {
    return this.read(key, (reader, node, path) => reader.parsed(node, path, expected, parse))
  }

  text(key: Key): string | undefined {
    return this.parsed(key, 'a text', (text) => text)
  }

  flag(key: Key): boolean | undefined {
    return this.read(key, (reader, node, path) => reader.boolean(node, path))
  }

  /** A list of texts, or a text alone. */
  texts<T = string>(
    key: Key,
    expected: string,
    parse: (text: string) => T,
    options: { orOne?: boolean } = {},
  ): T[] | undefined {
    return this.read(key, (...at) => readTexts(...at, expected, parse, options))
  }

  problem(key: Key, message: string): undefined {
    return this.reader.problem(this.#entries[key]?.keyNode, [...this.path, key], message)
  }
}
