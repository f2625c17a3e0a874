import type { Output } from '../testing/world.ts'

/** What came of a line: exit status, and what was said, made comparable. */
export type Observed = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** One engine's own words: texts that are its alone, such as paths, and what stands for them. */
export type Names = Readonly<Record<string, string>>

const zeroTime = '0001-01-01T00:00:00Z'
const identifier = /\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g

/**
 * Makes what two engines said about one line comparable: times, paths and the width of columns are
 * taken out, JSON gets sorted keys. Identifiers that both know stay, since what is addressed by
 * content must agree; others are numbered in the order of their appearance.
 */
export function normalise(
  [ours, theirs]: readonly [Output, Output],
  [ourNames, theirNames]: readonly [Names, Names],
): [Observed, Observed] {
  const shared = sharedIdentifiers(ours, theirs)
  return [observed(ours, ourNames, shared), observed(theirs, theirNames, shared)]
}

function observed(output: Output, names: Names, shared: ReadonlySet<string>): Observed {
  const numbers = new Map<string, number>()
  const text = (raw: string) =>
    replaceIdentifiers(withoutTimes(named(sortedJson(raw), names)), shared, numbers)
      .split('\n')
      .map((line) => line.replace(/(\S) {2,}/g, '$1  ').trimEnd())
      .join('\n')
  return { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

function sharedIdentifiers(one: Output, other: Output): ReadonlySet<string> {
  const of = ({ stdout, stderr }: Output) => new Set(`${stdout}\n${stderr}`.match(identifier) ?? [])
  const known = of(other)
  return new Set([...of(one)].filter((id) => known.has(id)))
}

function replaceIdentifiers(
  text: string,
  shared: ReadonlySet<string>,
  numbers: Map<string, number>,
): string {
  return text.replace(identifier, (id) => {
    // Twelve digits are more likely a number than the beginning of a hash.
    if (shared.has(id) || /^\d{12}$/.test(id)) return id
    const number = numbers.get(id.slice(0, 12)) ?? numbers.size + 1
    numbers.set(id.slice(0, 12), number)
    return id.length === 64 ? `<id ${number}>` : `<short id ${number}>`
  })
}

function named(text: string, names: Names): string {
  return Object.entries(names).reduce((result, [own, name]) => result.replaceAll(own, name), text)
}

function withoutTimes(text: string): string {
  const duration =
    '(?:Less than a second|\\d+ seconds?|About a minute|\\d+ minutes|About an hour|\\d+ hours|\\d+ (?:days|weeks|months|years))'
  return text
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, (time) =>
      time === zeroTime ? time : '<time>',
    )
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4} UTC/g, '<time>')
    .replace(new RegExp(`\\b${duration} ago`, 'g'), '<duration> ago')
    .replace(new RegExp(`\\bUp ${duration}`, 'g'), 'Up <duration>')
}

/** JSON with its keys in order; other text as it is. Several values on lines of their own count too. */
function sortedJson(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text
  const whole = sorted(text)
  if (whole !== undefined) return `${whole}\n`
  const lines = text.split('\n')
  const each = lines.map((line) => (line === '' ? '' : sorted(line)))
  return each.includes(undefined) ? text : each.join('\n')
}

function sorted(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), inOrder, 2)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
