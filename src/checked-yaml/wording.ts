import { closest, distance } from 'fastest-levenshtein'
import { isMap, isScalar, isSeq } from 'yaml'
import type { Field, TextField } from './schema.ts'

/** What a field accepts, in words that follow "expected". */
export function expectation(field: Field): string {
  switch (field.kind) {
    case 'text':
      return field.choices === undefined ? field.expected : `one of ${field.choices.join(', ')}`
    case 'integer':
      return `a whole number from ${field.minimum} to ${field.maximum}`
    case 'boolean':
      return 'true or false'
    case 'list':
      return `a list, each item ${expectation(field.item)}`
    case 'sections':
      return `a list, each item ${expectation(field.item)}`
    case 'map':
      return 'a map'
    case 'section':
      return `a map with the keys ${Object.keys(field.fields).join(', ')}`
  }
}

/** What is wrong with a text, or undefined. */
export function textMistake(value: string, field: TextField): string | undefined {
  const right =
    field.choices === undefined
      ? (field.pattern ?? /\S/).test(value)
      : field.choices.includes(value)
  return right ? undefined : `expected ${expectation(field)}, found "${value}"`
}

/** "did you mean", or all that is known. */
export function suggestion(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  return near === undefined ? `known here: ${known.join(', ')}` : `did you mean "${near}"?`
}

/** The known name that a mistyped one probably means, if one is near enough. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined
  const near = closest(name, [...known])
  return distance(name, near) <= Math.max(2, Math.ceil(name.length / 3)) ? near : undefined
}

/** What a node holds, in words that follow "found". */
export function found(node: unknown): string {
  if (isMap(node)) return 'a map'
  if (isSeq(node)) return 'a list'
  if (!isScalar(node) || node.value === null) return 'nothing'
  if (typeof node.value === 'string') return `"${node.value}"`
  return `the ${typeof node.value} ${String(node.value)}`
}
