import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Identity, ListShape, ObjectShape, Shape } from '../shape.ts'

/** Items of lists that are one by the identity that the specification gives them. */
export function checkDuplicates(value: unknown, shape: Shape, path: Path, report: Report): void {
  if (shape.kind === 'object') {
    if (typeof value === 'object' && value !== null) checkObject(value, shape, path, report)
  } else if (shape.kind === 'list' && Array.isArray(value))
    value.forEach((item, index) => {
      checkDuplicates(item, shape.item, [...path, index], report)
    })
}

function checkObject(value: object, shape: ObjectShape, path: Path, report: Report): void {
  const seen = new Map<string, Set<string>>()
  // In the reference's order, which is that of the names, the first of two is right.
  for (const [name, field] of Object.entries(shape.fields).toSorted()) {
    const inner: unknown = Reflect.get(value, name)
    if (inner === undefined) continue
    if (field.shape.kind === 'list' && Array.isArray(inner)) {
      const space = field.shape.identity?.sharedAs ?? name
      const keys = seen.get(space) ?? new Set()
      seen.set(space, keys)
      checkList(inner, field.shape, keys, [...path, name], report)
    }
    checkDuplicates(inner, field.shape, [...path, name], report)
  }
}

function checkList(
  items: readonly unknown[],
  { identity }: ListShape,
  seen: Set<string>,
  path: Path,
  report: Report,
): void {
  if (identity === undefined || identity.checkedElsewhere === true) return
  items.forEach((item, index) => {
    if (item === undefined) return
    const key = identity.keyOf(item)
    if (seen.has(key))
      report('IGNITION_DUPLICATE', placeOf(identity, item, [...path, index]), {
        noun: identity.noun,
      })
    seen.add(key)
  })
}

function placeOf({ field }: Identity, item: unknown, path: Path): Path {
  const named = field !== undefined && typeof item === 'object' && item !== null && field in item
  return named ? [...path, field] : path
}
