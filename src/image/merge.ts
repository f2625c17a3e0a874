import { isValues, type Value, type Values } from '../checked-yaml/check.ts'
import type { FieldPath } from '../checked-yaml/problem.ts'

/** The result of inheritance, and the drops in the child that had nothing to drop. */
export type Merged = { readonly value: Values; readonly idleDrops: readonly IdleDrop[] }

/** A `null` or a `"!name"` that drops what was never inherited: a typo, or a leftover. */
export type IdleDrop = { readonly path: FieldPath; readonly message: string }

/**
 * Inheritance: maps merge key by key, texts and numbers of the child win, and so do lists of
 * maps; lists of texts append what is new.
 * In the child `null` drops an inherited key, and a list's item `"!name"` an inherited item.
 */
export function merge(parent: Values, child: Values): Merged {
  const idleDrops: IdleDrop[] = []
  return { value: mergeValues(parent, child, [], idleDrops), idleDrops }
}

function mergeValues(parent: Values, child: Values, path: FieldPath, idle: IdleDrop[]): Values {
  const merged = new Map<string, Value>(Object.entries(parent))
  for (const [key, value] of Object.entries(child)) {
    const inherited = merged.get(key)
    if (value !== null) merged.set(key, mergeValue(inherited, value, [...path, key], idle))
    else if (!merged.delete(key))
      idle.push({ path: [...path, key], message: 'drops a key that is not inherited' })
  }
  return Object.fromEntries(merged)
}

function mergeValue(
  inherited: Value | undefined,
  value: Exclude<Value, null>,
  path: FieldPath,
  idle: IdleDrop[],
): Value {
  if (typeof value !== 'object' || isListOfMaps(value)) return value
  if (isList(value)) return mergeLists(isList(inherited) ? inherited : [], value, path, idle)
  return mergeValues(isValues(inherited) ? inherited : {}, value, path, idle)
}

function mergeLists(
  inherited: readonly string[],
  child: readonly string[],
  path: FieldPath,
  idle: IdleDrop[],
): readonly string[] {
  const drops = child.filter((item) => item.startsWith('!'))
  const dropped = new Set(drops.map((item) => item.slice(1)))
  for (const drop of drops)
    if (!inherited.includes(drop.slice(1)))
      idle.push({
        path: [...path, drop],
        message: 'drops an item that is not inherited',
      })
  const kept = inherited.filter((item) => !dropped.has(item))
  return [...new Set([...kept, ...child.filter((item) => !item.startsWith('!'))])]
}

function isList(value: Value | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** Taken whole: its items have no names by which they could be merged. */
function isListOfMaps(value: Value): value is readonly Values[] {
  return Array.isArray(value) && !isList(value)
}
