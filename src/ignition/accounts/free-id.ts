import type { IdRange } from './settings.ts'

/** Reserved: what 16-bit and 32-bit programs take for -1. */
const never: readonly number[] = [0xffff, 0xffffffff]

/**
 * A free number of a range, as useradd(8) chooses it: people get the one above the highest, the system the
 * one below the lowest, so that the number of somebody who was removed is not given away again while
 * there are others. Undefined when all are taken.
 */
export function freeId(
  used: ReadonlySet<number>,
  { min, max }: IdRange,
  isSystem: boolean,
): number | undefined {
  const taken = [...used].filter((id) => id >= min && id <= max)
  const isFree = (id: number) => !used.has(id) && !never.includes(id)
  if (isSystem) {
    const below = taken.reduce((lowest, id) => Math.min(lowest, id - 1), max)
    return downwards(below, min).find(isFree) ?? downwards(max, min).find(isFree)
  }
  const above = taken.reduce((highest, id) => Math.max(highest, id + 1), min)
  return upwards(above, max).find(isFree) ?? upwards(min, max).find(isFree)
}

/** A group's number is its user's where that is free. */
export function freeIdLike(
  preferred: number,
  used: ReadonlySet<number>,
  range: IdRange,
  isSystem: boolean,
): number | undefined {
  const min = isSystem ? 1 : range.min
  const suits = preferred >= min && preferred <= range.max && !never.includes(preferred)
  return suits && !used.has(preferred) ? preferred : freeId(used, range, isSystem)
}

function upwards(from: number, to: number) {
  return numbers(from, to, 1)
}

function downwards(from: number, to: number) {
  return numbers(from, to, -1)
}

function* numbers(from: number, to: number, step: number): Generator<number, void> {
  for (let id = from; step > 0 ? id <= to : id >= to; id += step) yield id
}
