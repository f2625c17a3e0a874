import type { Problem } from '../../checked-yaml/problem.ts'
import { interpolate } from './interpolation.ts'
import type { Variables } from './tree.ts'

export type EnvFile = {
  readonly values: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
}

const key = /[ \t]*(?:export[ \t]+)?([A-Za-z_.][A-Za-z0-9_.-]*)[ \t]*(=|:|(?=\r?$|#))[ \t]*/my
/** A dollar sign that stands for itself is not to be read as a variable afterwards. */
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', $: '$$' }

/**
 * Reads a file of `NAME=value` lines as Compose does: quotes, comments, `export`, and variables, of
 * `variables` and of lines before. A name alone takes its value from `variables` if it is there.
 */
export function parseEnvFile(text: string, file: string, variables: Variables): EnvFile {
  const values = new Map<string, string>()
  const problems: Problem[] = []
  const seen = () => new Map([...values, ...variables])
  let at = text.startsWith('\uFEFF') ? 1 : 0
  const problem = (offset: number, message: string) => {
    const before = text.slice(0, offset).split('\n')
    const column = (before.at(-1) ?? '').length + 1
    problems.push({ file, line: before.length, column, path: '', message })
  }
  while (at < text.length) {
    const start = at
    const end = lineEnd(text, at)
    if (/^[ \t\r]*(?:#|$)/.test(text.slice(at, end))) {
      at = end + 1
      continue
    }
    key.lastIndex = at
    const [all = '', name, separator] = key.exec(text) ?? []
    if (name === undefined) {
      // Not the line itself: it may be half of a secret.
      problem(start, 'expected NAME=value')
      at = end + 1
      continue
    }
    at += all.length
    if (separator === '') {
      const value = variables.get(name)
      if (value !== undefined) values.set(name, value)
      at = end + 1
      continue
    }
    const value = readValue(text, at)
    at = value.end
    if ('mistake' in value) problem(start, `${name}: ${value.mistake}`)
    else {
      const result = value.literal ? { text: value.text } : interpolate(value.text, seen())
      if ('mistake' in result) problem(start, `${name}: its variables cannot be substituted`)
      else values.set(name, result.text)
    }
  }
  return { values, problems }
}

/** Reads a file whose values are taken as they are: no quotes, no variables. */
export function parseRawEnvFile(text: string, file: string): EnvFile {
  const values = new Map<string, string>()
  const problems: Problem[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const equals = line.indexOf('=')
    if (equals > 0) values.set(line.slice(0, equals).trim(), line.slice(equals + 1))
    else
      problems.push({ file, line: index + 1, column: 1, path: '', message: 'expected NAME=value' })
  }
  return { values, problems }
}

type EnvValue = { readonly end: number } & (
  | { readonly text: string; readonly literal: boolean }
  | { readonly mistake: string }
)

function readValue(text: string, at: number): EnvValue {
  const quote = text[at]
  if (quote === '"' || quote === "'") {
    const pattern = quote === '"' ? /"((?:[^"\\]|\\[\s\S])*)"/y : /'((?:[^'\\]|\\[\s\S])*)'/y
    pattern.lastIndex = at
    const [all, inner = ''] = pattern.exec(text) ?? []
    if (all === undefined) return { end: text.length, mistake: 'a quote has no end' }
    const end = lineEnd(text, at + all.length)
    if (!/^[ \t\r]*(?:#.*)?$/.test(text.slice(at + all.length, end)))
      return { end: end + 1, mistake: 'something stands behind the closing quote' }
    if (quote === "'") return { end: end + 1, text: inner, literal: true }
    const plain = inner.replace(/\\([nrt"\\$])/g, (_, letter: string) => escapes[letter] ?? letter)
    return { end: end + 1, text: plain, literal: false }
  }
  const end = lineEnd(text, at)
  const line = text.slice(at, end).replace(/(?:^|[ \t])#.*$/, '')
  return { end: end + 1, text: line.trim(), literal: false }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
