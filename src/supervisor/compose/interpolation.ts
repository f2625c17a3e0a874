import type { Variables } from './tree.ts'

export type Interpolated = { readonly text: string } | { readonly mistake: string }

/**
 * Substitutes variables as Compose does: `$NAME`, `${NAME}`, and with `:-` or `-` a default, with `:?` or
 * `?` a message, with `:+` or `+` another text; those may have variables themselves. `$$` stands for a
 * dollar sign. A variable that is not set is a mistake and no empty text: nobody would see a warning.
 * Without `variables`, all of them are.
 */
export function interpolate(text: string, variables: Variables | undefined): Interpolated {
  if (!text.includes('$')) return { text }
  if (variables === undefined) return onlyDollars(text)
  try {
    return { text: new Template(text, variables).substitute() }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { mistake: error.message }
  }
}

function onlyDollars(text: string): Interpolated {
  const wrong = text.replaceAll('$$', '').match(/\$(?:\{[^}]*\}?|\w+)?/)?.[0]
  if (wrong === undefined) return { text: text.replaceAll('$$', () => '$') }
  return {
    mistake: `"${wrong}" would be a variable, and variables are not substituted; write "$$" for a dollar sign`,
  }
}

const deepest = 50

class Template {
  readonly #text: string
  readonly #variables: Variables
  #at = 0
  #depth = 0

  constructor(text: string, variables: Variables) {
    this.#text = text
    this.#variables = variables
  }

  substitute(): string {
    return this.#until('', true)
  }

  /** The text up to `end`, which is passed over. What does not count is read only for its end. */
  #until(end: '' | '}', counts: boolean): string {
    let result = ''
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? ''
      if (character === end) {
        this.#at++
        return result
      }
      this.#at++
      result += character === '$' ? this.#afterDollar(counts) : character
    }
    if (end === '') return result
    throw new RangeError(`a variable that begins with "\${" has no "}", in "${this.#text}"`)
  }

  #afterDollar(counts: boolean): string {
    if (this.#text[this.#at] === '$') {
      this.#at++
      return '$'
    }
    const braced = this.#text[this.#at] === '{'
    if (braced) this.#at++
    const name = this.#name()
    if (!braced) {
      if (name === '') throw new RangeError(`write "$$" for a dollar sign, in "${this.#text}"`)
      return this.#valueOf(name, counts)
    }
    const [, operator = '', end = ''] = this.#match(/(:?[-?+])|(\})/y)
    if (name === '' || (operator === '' && end === ''))
      throw new RangeError(`expected \${NAME} or such as \${NAME:-DEFAULT}, in "${this.#text}"`)
    if (end !== '') return this.#valueOf(name, counts)
    return this.#withOperator(name, operator, counts)
  }

  #withOperator(name: string, operator: string, counts: boolean): string {
    const value = this.#variables.get(name)
    const isThere = value !== undefined && (!operator.startsWith(':') || value !== '')
    const kind = operator.at(-1)
    const usesOther = kind === '+' ? isThere : !isThere
    if (++this.#depth > deepest) throw new RangeError('variables stand too deep in each other')
    const other = this.#until('}', counts && usesOther)
    this.#depth--
    if (usesOther && kind === '?' && counts)
      throw new RangeError(
        `the variable ${name} is ${value === undefined ? 'not set' : 'empty'}${other === '' ? '' : `: ${other}`}`,
      )
    if (usesOther) return other
    return kind === '+' ? '' : (value ?? '')
  }

  #valueOf(name: string, counts: boolean): string {
    const value = this.#variables.get(name)
    if (value !== undefined || !counts) return value ?? ''
    throw new RangeError(
      `the variable ${name} is not set: set it in .env beside the file, or give it a default, \${${name}:-DEFAULT}; "$$" stands for a dollar sign`,
    )
  }

  #name(): string {
    return this.#match(/[A-Za-z_][A-Za-z0-9_]*/y)[0] ?? ''
  }

  #match(pattern: RegExp): readonly (string | undefined)[] {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    this.#at += match?.[0].length ?? 0
    return match ?? []
  }
}
