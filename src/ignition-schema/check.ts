import { findMember } from './document.ts'
import type { JsonNode } from './json.ts'
import type { Path } from './problem.ts'
import type { Report } from './report.ts'
import {
  type Draft,
  type Field,
  isNullable,
  newestMinor,
  type ObjectShape,
  type Shape,
  type ValueOf,
} from './shape.ts'

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
    case 'list': {
      const nullItems = context.minor <= (shape.nullItemsUntil ?? -1)
      if (node.kind === 'array')
        return node.items.map((item, index) =>
          nullItems && item.kind === 'null'
            ? ''
            : check(item, shape.item, [...path, index], context),
        )
      break
    }
    case 'integer':
      if (node.kind === 'number' && node.whole && Number.isSafeInteger(node.value))
        return node.value
      break
    case 'string':
      // Halves of surrogate pairs cannot be written to a file.
      if (node.kind === 'string') return node.value.toWellFormed()
      break
    case 'boolean':
      if (node.kind === 'boolean') return node.value
  }
  context.report('IGNITION_TYPE', path, { found: found(node), wanted: wanted(shape) })
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
    if (member === undefined) {
      if (field.requiredUntil >= context.minor)
        context.report('IGNITION_KEY_MISSING', path, { name, wanted: wanted(field.shape) })
      continue
    }
    if (member.value.kind === 'null' && isNullable(field, context.minor)) continue
    const checked = check(member.value, field.shape, [...path, name], context)
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
    const counted = alike ?? key
    if (seen.has(counted)) report('IGNITION_KEY_REPEATED', here, {}, 'key')
    else if (since > minor && since <= newestMinor)
      report('IGNITION_KEY_NEWER', here, { version: `3.${since}.0` }, 'key')
    else if (alike !== undefined && alike !== key)
      report('IGNITION_KEY_CASE', here, { known: alike }, 'key')
    else if (alike === undefined)
      report('IGNITION_KEY_UNUSED', here, { known: known.join(', ') }, 'key')
    seen.add(counted)
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
      return 'a whole number, without fraction or exponent'
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
