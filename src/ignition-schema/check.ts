import { findMember } from './document.ts'
import type { JsonNode } from './json.ts'
import type { Path } from './problem.ts'
import type { Draft, Field, ObjectShape, Shape, ValueOf } from './shape.ts'
import { newestMinor } from './specification.ts'

/** Where a checker puts what it finds; `at` tells whether the value or its key is to blame. */
export type Report = (
  severity: 'error' | 'warning',
  path: Path,
  message: string,
  expected?: string,
  at?: 'value' | 'key',
) => void

/**
 * Reads a JSON value into the shape, reporting everything that does not fit; what does not fit is
 * left out of the result. Keys that the shape lacks, or that are newer than `minor`, are warnings.
 */
export function checkShape<S extends Shape>(
  node: JsonNode,
  shape: S,
  minor: number,
  report: Report,
): Draft<ValueOf<S>> | undefined {
  // The walk below builds exactly what Draft<ValueOf<S>> describes, which the compiler cannot follow.
  return check(node, shape, [], { minor, report }) as Draft<ValueOf<S>> | undefined
}

type Context = { readonly minor: number; readonly report: Report }

function check(node: JsonNode, shape: Shape, path: Path, context: Context): unknown {
  switch (shape.kind) {
    case 'object':
      if (node.kind === 'object') return checkObject(node, shape, path, context)
      break
    case 'list':
      if (node.kind === 'array')
        return node.items.map((item, index) => check(item, shape.item, [...path, index], context))
      break
    case 'integer':
      if (node.kind === 'number' && Number.isInteger(node.value)) return node.value
      break
    default:
      if (node.kind === shape.kind) return node.value
  }
  context.report('error', path, `found ${found(node)}`, wanted(shape))
  return undefined
}

function checkObject(
  node: JsonNode & { kind: 'object' },
  shape: ObjectShape,
  path: Path,
  context: Context,
): Readonly<Record<string, unknown>> {
  reportKeys(node, shape, path, context)
  const value: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(shape.fields)) {
    if (field.since > context.minor) continue
    const member = findMember(node, name)
    const fieldPath = [...path, name]
    if (member === undefined) {
      if (field.required) context.report('error', path, `"${name}" is missing`, wanted(field.shape))
      continue
    }
    if (member.value.kind === 'null' && field.nullable) continue
    const checked = check(member.value, field.shape, fieldPath, context)
    if (checked !== undefined) value[name] = checked
  }
  return value
}

function reportKeys(
  node: JsonNode & { kind: 'object' },
  shape: ObjectShape,
  path: Path,
  { minor, report }: Context,
): void {
  const known = Object.keys(shape.fields).filter((name) => fieldSince(shape, name) <= minor)
  const seen = new Set<string>()
  for (const { key } of node.members) {
    const here = [...path, key]
    const since = fieldSince(shape, key)
    const alike = known.find((name) => name.toLowerCase() === key.toLowerCase())
    if (seen.has(key))
      report('warning', here, 'repeated key: only the last one counts', undefined, 'key')
    else if (since > minor && since <= newestMinor)
      report(
        'warning',
        here,
        `unused key: it came with specification 3.${since}.0`,
        undefined,
        'key',
      )
    else if (alike !== undefined && alike !== key)
      report('warning', here, 'key in unusual case', `"${alike}"`, 'key')
    else if (alike === undefined)
      report('warning', here, 'unused key', `one of ${known.join(', ')}`, 'key')
    seen.add(key)
  }
}

/** Infinity for a name that the shape does not have. */
function fieldSince(shape: ObjectShape, name: string): number {
  const field: Field | undefined = Object.hasOwn(shape.fields, name)
    ? shape.fields[name]
    : undefined
  return field?.since ?? Number.POSITIVE_INFINITY
}

function wanted(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      return 'a string'
    case 'integer':
      return 'a whole number'
    case 'boolean':
      return 'true or false'
    case 'list':
      return `a list, each item ${wanted(shape.item)}`
    case 'object':
      return `an object with the keys ${Object.keys(shape.fields).join(', ')}`
  }
}

function found(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object'
    case 'array':
      return 'a list'
    case 'number':
      return 'a number'
    case 'boolean':
      return String(node.value)
    case 'string':
      return 'a string'
    case 'null':
      return 'null'
  }
}
