/** Sectors from first to last, both included. */
export type Extent = { readonly first: number; readonly last: number }

export function sizeOf({ first, last }: Extent): number {
  return last - first + 1
}

/** The sectors of a disk that partitions may have, those that they do have, and by what they align. */
export type Space = {
  readonly usable: Extent
  readonly used: readonly Extent[]
  readonly alignment: number
}

/** Where a partition is wanted, in sectors; 0 or nothing leaves it to the disk. */
export type Request = { readonly start?: number; readonly size?: number }

/**
 * Where a new partition goes, by the rules of sgdisk, which the reference implementation partitions
 * with: a start of 0 is the aligned start of the largest free block, a size of 0 reaches to the end
 * of that block. Undefined where there is no room, also for a start outside of the largest block
 * without a size.
 */
export function place({ start = 0, size = 0 }: Request, space: Space): Extent | undefined {
  const low = align(firstInLargest(space), space)
  const first = start === 0 ? low : start
  const last = size === 0 ? lastInFree(low, space) : first + size - 1
  const fits = isFree(first, space) && first <= last && lastInFree(first, space) >= last
  return fits ? { first, last } : undefined
}

/**
 * The alignment of new partitions in sectors: 1 MiB, or the largest power of two below it that all
 * existing starts are multiples of; 4 KiB at least on disks of 300 GB and more.
 */
export function alignmentOf(
  { sectorBytes, sectors }: { readonly sectorBytes: number; readonly sectors: number },
  starts: readonly number[],
): number {
  let alignment = (1024 * 1024) / sectorBytes
  while (starts.some((start) => start % alignment !== 0)) alignment /= 2
  return sectors >= 585_937_500 ? Math.max(alignment, 8) : alignment
}

/** 0 when nothing is free. */
function firstInLargest(space: Space): number {
  let best = { first: 0, size: 0 }
  let first = firstFree(space.usable.first, space)
  while (first !== undefined) {
    const last = lastInFree(first, space)
    if (last - first + 1 > best.size) best = { first, size: last - first + 1 }
    first = firstFree(last + 1, space)
  }
  return best.first
}

function firstFree(from: number, { usable, used }: Space): number | undefined {
  let first = from
  let other = holderOf(first, used)
  while (other !== undefined) {
    first = other.last + 1
    other = holderOf(first, used)
  }
  return first > usable.last ? undefined : first
}

function lastInFree(first: number, { usable, used }: Space): number {
  return Math.min(
    usable.last,
    ...used.filter((each) => each.first > first).map((each) => each.first - 1),
  )
}

/** The aligned sector before `sector` if all between is free, else the one after, else itself. */
function align(sector: number, space: Space): number {
  const { alignment, usable } = space
  if (sector % alignment === 0) return sector
  const earlier = sector - (sector % alignment)
  const later = earlier + alignment
  if (earlier >= usable.first && isAllFree({ first: earlier, last: sector - 1 }, space))
    return earlier
  return isAllFree({ first: sector + 1, last: later }, space) ? later : sector
}

function isAllFree({ first, last }: Extent, { usable, used }: Space): boolean {
  if (first < usable.first || last > usable.last) return false
  return !used.some((each) => each.first <= last && each.last >= first)
}

function isFree(sector: number, space: Space): boolean {
  return isAllFree({ first: sector, last: sector }, space)
}

function holderOf(sector: number, used: readonly Extent[]): Extent | undefined {
  return used.find(({ first, last }) => sector >= first && sector <= last)
}
