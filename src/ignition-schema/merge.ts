import type { Config } from './config.ts'
import type { Identity, ListShape, ObjectShape, Shape } from './shape.ts'
import { config as configShape } from './specification/config.ts'

/**
 * Merges two valid configs of the newest specification, as `ignition.config.merge` does: what the
 * child says wins, objects are merged field by field, and items of lists item by item where they
 * have an identity; the others are appended. The result may be invalid: see validateConfig.
 */
export function mergeConfigs(parent: Config, child: Config): Config {
  // The walk below keeps to the shape, of which Config is the type.
  return mergeObjects(parent, child, configShape) as Config
}

function mergeObjects(parent: object, child: object, shape: ObjectShape): object {
  const merged: Record<string, unknown> = {}
  const keys = keysOf(child, shape)
  for (const [name, field] of Object.entries(shape.fields)) {
    const [older, newer]: unknown[] = [Reflect.get(parent, name), Reflect.get(child, name)]
    const value =
      field.shape.kind === 'list'
        ? mergeLists(listOf(older), listOf(newer), field.shape, name, keys)
        : mergeValues(older, newer, field.shape)
    if (value !== undefined && !isEmptyList(value)) merged[name] = value
  }
  return merged
}

function mergeValues(older: unknown, newer: unknown, shape: Shape): unknown {
  if (newer === undefined) return older
  if (shape.kind === 'object' && isObject(older) && isObject(newer))
    return mergeObjects(older, newer, shape)
  return newer
}

function mergeLists(
  older: readonly unknown[],
  newer: readonly unknown[],
  { item: itemShape, identity }: ListShape,
  name: string,
  keys: ReadonlyMap<string, KeyedItem>,
): unknown[] {
  if (identity === undefined) return [...older, ...newer]
  const known = new Set(older.map(identity.keyOf))
  return [
    ...older.flatMap((item) => {
      const counterpart = keys.get(globalKey(identity, name, identity.keyOf(item)))
      if (counterpart === undefined) return [item]
      // The child has another kind of thing there, which is in the result's other list.
      if (counterpart.list !== name || isRemoval(counterpart.item, identity)) return []
      return [mergeValues(item, counterpart.item, itemShape)]
    }),
    ...newer.filter((item) => !known.has(identity.keyOf(item))),
  ]
}

type KeyedItem = { readonly list: string; readonly item: unknown }

/** The items of all lists of an object by their keys, among which some lists share theirs. */
function keysOf(value: object, shape: ObjectShape): Map<string, KeyedItem> {
  const keys = new Map<string, KeyedItem>()
  for (const [name, { shape: inner }] of Object.entries(shape.fields)) {
    const identity = inner.kind === 'list' ? inner.identity : undefined
    if (identity === undefined) continue
    for (const item of listOf(Reflect.get(value, name)))
      keys.set(globalKey(identity, name, identity.keyOf(item)), { list: name, item })
  }
  return keys
}

function globalKey({ sharedAs }: Identity, list: string, key: string): string {
  return `${sharedAs ?? list}\0${key}`
}

function isRemoval(item: unknown, { removedWithout }: Identity): boolean {
  return (
    removedWithout !== undefined &&
    isObject(item) &&
    Reflect.get(item, removedWithout) === undefined
  )
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
