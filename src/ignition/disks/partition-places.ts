import type { Partition as Asked, Path } from '../../ignition-schema/index.ts'
import { alignmentOf, type Extent, place, type Request } from './placement.ts'
import type { DiskState, Partition, PartitionTable } from './state.ts'

/** A partition of the config with its number, and the sectors that it has once all are in order. */
export type Resolved = {
  readonly asked: Asked
  readonly at: Path
  readonly number: number
  /** Undefined where there is no room, and for partitions that should not exist. */
  readonly place?: Extent
}

/**
 * Finds numbers and places as if every partition of the config were deleted and made again, in the
 * config's order but for those without a number, which come last. What such a partition would be
 * is also what an existing one is held against.
 */
export function resolvePlaces(
  asked: readonly Asked[],
  at: Path,
  table: PartitionTable,
  { sectorBytes, sectors }: DiskState,
): Resolved[] {
  const ordered = asked
    .map((each, index) => ({ asked: each, at: [...at, index] }))
    .toSorted((a, b) => Number(isUnnumbered(a.asked)) - Number(isUnnumbered(b.asked)))
  const numbers = chooseNumbers(
    ordered.map((each) => each.asked),
    table,
  )
  const numbered = new Set(asked.map(({ number = 0 }) => number))
  const staying = table.partitions.filter((each) => !numbered.has(each.number))
  const usable = { first: table.firstUsable, last: table.lastUsable }
  const starts = table.partitions.map(({ start }) => start)
  const alignment = alignmentOf({ sectorBytes, sectors }, starts)
  const used = staying.map(extentOf)
  return ordered.map((each, index) => {
    const resolved = { ...each, number: numbers[index] ?? 0 }
    if (each.asked.shouldExist === false) return resolved
    const existing = isUnnumbered(each.asked)
      ? undefined
      : table.partitions.find(({ number }) => number === each.asked.number)
    const found = place(requestOf(each.asked, existing, sectorBytes), { usable, used, alignment })
    if (found === undefined) return resolved
    used.push(found)
    return { ...resolved, place: found }
  })
}

/** Unset start and size keep those of an existing partition, unless its entry may be wiped. */
function requestOf(
  { startMiB, sizeMiB, wipePartitionEntry }: Asked,
  existing: Partition | undefined,
  sectorBytes: number,
): Request {
  const kept = wipePartitionEntry === true ? undefined : existing
  const inSectors = (mebibytes: number | undefined) =>
    mebibytes === undefined ? undefined : (mebibytes * 1024 * 1024) / sectorBytes
  const start = inSectors(startMiB) ?? kept?.start
  const size = inSectors(sizeMiB) ?? kept?.size
  return { ...(start !== undefined && { start }), ...(size !== undefined && { size }) }
}

/** Number 0 is the lowest one that is free once all numbered partitions of the config are in order. */
function chooseNumbers(ordered: readonly Asked[], table: PartitionTable): number[] {
  const used = new Set(table.partitions.map(({ number }) => number))
  for (const { number = 0, shouldExist } of ordered) {
    if (number === 0) continue
    if (shouldExist === false) used.delete(number)
    else used.add(number)
  }
  let free = 1
  return ordered.map((each) => {
    if (!isUnnumbered(each)) return each.number ?? 0
    if (each.shouldExist === false) return 0
    while (used.has(free)) free += 1
    return free++
  })
}

function isUnnumbered({ number = 0 }: Asked): boolean {
  return number === 0
}

function extentOf({ start, size }: Partition): Extent {
  return { first: start, last: start + size - 1 }
}
