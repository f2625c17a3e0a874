/** A JSON value (RFC 8259) that knows where it begins: `offset` counts UTF-16 code units from 0. */
export type JsonNode =
  | { readonly kind: 'object'; readonly offset: number; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly offset: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly offset: number; readonly value: string }
  | {
      readonly kind: 'number'
      readonly offset: number
      readonly value: number
      /** Written without fraction and exponent: 1.0 and 1e2 are not. */
      readonly whole: boolean
    }
  | { readonly kind: 'boolean'; readonly offset: number; readonly value: boolean }
  | { readonly kind: 'null'; readonly offset: number }

export type JsonMember = {
  readonly key: string
  readonly keyOffset: number
  readonly value: JsonNode
}

/** The text is not JSON: what was expected at `offset`. */
export class JsonSyntaxError extends Error {
  readonly offset: number
  readonly found: string
  readonly expected: string

  constructor(offset: number, found: string, expected: string) {
    super(`found ${found}`)
    this.name = 'JsonSyntaxError'
    this.offset = offset
    this.found = found
    this.expected = expected
  }
}

/** Parses a whole text; throws JsonSyntaxError at the first mistake. Repeated keys are kept. */
export function parseJson(text: string): JsonNode {
  const reader = new Reader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

/** Real configs are about 8 levels deep; the limit keeps hostile ones from exhausting the stack. */
const maximumDepth = 500

class Reader {
  readonly #text: string
  #offset = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): JsonNode {
    this.#skipSpace()
    const offset = this.#offset
    if (depth > maximumDepth) this.#fail('at most 500 levels of nesting')
    switch (this.#text[offset]) {
      case '{':
        return { kind: 'object', offset, members: this.#members(depth) }
      case '[':
        return { kind: 'array', offset, items: this.#items(depth) }
      case '"':
        return { kind: 'string', offset, value: this.#string() }
      default:
        return this.#word() ?? this.#number() ?? this.#fail('a JSON value')
    }
  }

  end(): void {
    this.#skipSpace()
    if (this.#offset < this.#text.length) this.#fail('nothing after the config')
  }

  #members(depth: number): JsonMember[] {
    const members: JsonMember[] = []
    this.#offset++
    if (this.#taken('}')) return members
    do {
      this.#skipSpace()
      const keyOffset = this.#offset
      if (this.#text[keyOffset] !== '"')
        this.#fail(members.length === 0 ? 'a key in double quotes or }' : 'a key in double quotes')
      const key = this.#string()
      if (!this.#taken(':')) this.#fail('a colon after the key')
      members.push({ key, keyOffset, value: this.value(depth + 1) })
    } while (this.#taken(','))
    if (!this.#taken('}')) this.#fail('a comma or }')
    return members
  }

  #items(depth: number): JsonNode[] {
    const items: JsonNode[] = []
    this.#offset++
    if (this.#taken(']')) return items
    do items.push(this.value(depth + 1))
    while (this.#taken(','))
    if (!this.#taken(']')) this.#fail('a comma or ]')
    return items
  }

  #string(): string {
    const begin = this.#offset++
    let isLiteral = true
    for (;;) {
      this.#skipLiterals()
      const code = this.#text.charCodeAt(this.#offset)
      if (code === 0x22) break
      if (Number.isNaN(code)) this.#fail('a closing double quote')
      if (code < 0x20) this.#fail('control characters and line ends written as \\n, \\t or \\u00XX')
      isLiteral = false
      this.#escape()
    }
    this.#offset++
    return isLiteral
      ? this.#text.slice(begin + 1, this.#offset - 1)
      : String(JSON.parse(this.#text.slice(begin, this.#offset)))
  }

  /** A character at a time would be most of the time that a config with contents takes. */
  #skipLiterals(): void {
    const literals = /[^"\\\0-\x1f]*/y
    literals.lastIndex = this.#offset
    literals.test(this.#text)
    this.#offset = literals.lastIndex
  }

  #escape(): void {
    const sequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
    sequence.lastIndex = this.#offset
    if (!sequence.test(this.#text)) this.#fail('one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX')
    this.#offset = sequence.lastIndex
  }

  #word(): JsonNode | undefined {
    const offset = this.#offset
    const word = /(?:true|false|null)\b/y
    word.lastIndex = offset
    const found = word.exec(this.#text)?.[0]
    if (found === undefined) return undefined
    this.#offset = word.lastIndex
    return found === 'null'
      ? { kind: 'null', offset }
      : { kind: 'boolean', offset, value: found === 'true' }
  }

  #number(): JsonNode | undefined {
    const offset = this.#offset
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
    number.lastIndex = offset
    const found = number.exec(this.#text)?.[0]
    if (found === undefined) return undefined
    this.#offset = number.lastIndex
    if (/[\w.]/.test(this.#text[this.#offset] ?? ''))
      this.#fail('a decimal number without leading zeros')
    return { kind: 'number', offset, value: Number(found), whole: /^-?\d+$/.test(found) }
  }

  #taken(character: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#offset] !== character) return false
    this.#offset++
    return true
  }

  #skipSpace(): void {
    const space = /[ \t\r\n]*/y
    space.lastIndex = this.#offset
    space.test(this.#text)
    this.#offset = space.lastIndex
  }

  #fail(expected: string): never {
    const found = this.#text[this.#offset]
    throw new JsonSyntaxError(
      this.#offset,
      found === undefined ? 'the end of the text' : JSON.stringify(found),
      expected,
    )
  }
}
