/** Variables by name, for words that name them. */
export type Variables = ReadonlyMap<string, string>

/** Words of an instruction that cannot be read; `message` says why. */
export class WordsError extends Error {}

/**
 * Splits at white space that no quote or backslash protects; quotes stay, for `expanded` to remove them.
 */
export function splitWords(text: string): string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === '\\' && quote !== "'") {
      word += text.slice(at, at + 2)
      at += 1
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== '') words.push(word)
      word = ''
    } else {
      word += character
      if (quote === character) quote = ''
      else if (quote === '' && /["']/.test(character)) quote = character
    }
  }
  if (quote !== '') throw new WordsError(`a quote ${quote} has no end`)
  return word === '' ? words : [...words, word]
}

/**
 * A word as a Dockerfile's instructions mean it: without its quotes, and with the values of variables:
 * `$NAME`, `${NAME}`, `${NAME:-otherwise}`, `${NAME:+instead}`.
 */
export function expanded(word: string, variables: Variables): string {
  let result = ''
  let rest = word
  let quoted = false
  while (rest !== '') {
    const taken = step(rest, quoted, variables)
    if (taken.togglesQuote) quoted = !quoted
    result += taken.text
    rest = rest.slice(taken.length)
  }
  if (quoted) throw new WordsError('a quote " has no end')
  return result
}

type Step = { readonly length: number; readonly text: string; readonly togglesQuote?: true }

function step(rest: string, quoted: boolean, variables: Variables): Step {
  const first = rest.charAt(0)
  if (first === '"') return { length: 1, text: '', togglesQuote: true }
  if (first === "'" && !quoted) {
    const end = rest.indexOf("'", 1)
    if (end === -1) throw new WordsError("a quote ' has no end")
    return { length: end + 1, text: rest.slice(1, end) }
  }
  if (first === '\\') {
    const next = rest.charAt(1)
    // Between double quotes a backslash protects these alone.
    const protects = next !== '' && (!quoted || /["$\\]/.test(next))
    return protects ? { length: 2, text: next } : { length: 1, text: first }
  }
  return first === '$' ? variable(rest, variables) : { length: 1, text: first }
}

function variable(rest: string, variables: Variables): Step {
  const plain = /^\$([A-Za-z_][A-Za-z0-9_]*|\d)/.exec(rest)
  if (plain !== null) return { length: plain[0].length, text: variables.get(plain[1] ?? '') ?? '' }
  if (!rest.startsWith('${')) return { length: 1, text: '$' }
  const end = closingBrace(rest)
  const inside = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-+])(.*))?$/s.exec(rest.slice(2, end))
  if (inside === null) throw new WordsError(`${rest.slice(0, end + 1)} is not understood`)
  const [, name = '', operator, word = ''] = inside
  const value = variables.get(name) ?? ''
  const other = () => expanded(word, variables)
  const text =
    operator === undefined
      ? value
      : operator === '-'
        ? value || other()
        : value === ''
          ? ''
          : other()
  return { length: end + 1, text }
}

function closingBrace(rest: string): number {
  let depth = 0
  for (let at = 1; at < rest.length; at += 1) {
    if (rest.charAt(at) === '{') depth += 1
    if (rest.charAt(at) === '}') depth -= 1
    if (depth === 0) return at
  }
  throw new WordsError('a brace { has no }')
}
