import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import type { Path } from './problem.ts'
import type { ListShape, Shape } from './shape.ts'
import { config as configShape } from './specification/config.ts'

/**
 * Where a config that was merged into another says what is at `path` of the result; undefined where
 * it says nothing there. Items of lists are found by their identity, others by being equal.
 */
export function correspondingPath(merged: Config, path: Path, part: Config): Path | undefined {
  let [whole, own]: unknown[] = [merged, part]
  let shape: Shape | undefined = configShape
  const found: (string | number)[] = []
  for (const step of path) {
    const item = childOf(whole, step)
    const index: string | number =
      shape?.kind === 'list' && Array.isArray(own) ? indexOf(own, item, shape) : step
    const next = childOf(own, index)
    if (next === undefined) return undefined
    found.push(index)
    shape = childShape(shape, step)
    whole = item
    own = next
  }
  return found
}

function indexOf(items: readonly unknown[], item: unknown, { identity }: ListShape): number {
  const key = identity?.keyOf(item)
  return items.findIndex((each) =>
    identity === undefined ? isDeepStrictEqual(each, item) : identity.keyOf(each) === key,
  )
}

function childShape(shape: Shape | undefined, step: string | number): Shape | undefined {
  if (shape?.kind === 'list') return shape.item
  return shape?.kind === 'object' ? shape.fields[step]?.shape : undefined
}

function childOf(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
}
