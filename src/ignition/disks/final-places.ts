import { type Decision, noRoom } from './partition-decision.ts'
import { alignmentOf, type Extent, place, sizeOf } from './placement.ts'
import type { DiskState, PartitionTable } from './state.ts'

/**
 * Puts what is made beside what turned out to stay: a start or size that the config leaves open is
 * chosen again, because a partition that was kept may be elsewhere than it would be made. Nothing
 * overlaps; what has no room is refused.
 */
export function finalPlaces(
  decisions: readonly Decision[],
  table: PartitionTable,
  state: DiskState,
): Decision[] {
  const starts = table.partitions.map(({ start }) => start)
  const alignment = alignmentOf(state, starts)
  const usable = { first: table.firstUsable, last: table.lastUsable }
  const moving = new Set(
    decisions.flatMap((each) => ('existing' in each ? (each.existing?.number ?? []) : [])),
  )
  const used: Extent[] = table.partitions
    .filter(({ number }) => !moving.has(number))
    .map(({ start, size }) => ({ first: start, last: start + size - 1 }))
  return decisions.map((decision) => {
    if (decision.kind !== 'create' && decision.kind !== 'resize') return decision
    const { wanted } = decision
    const { asked, place: planned } = wanted
    if (planned === undefined) return noRoom(wanted, table, state)
    const start = decision.kind === 'resize' ? decision.existing.start : planned.first
    const isOpen = decision.kind === 'create' && asked.startMiB === undefined
    const found = place(
      {
        ...(!isOpen && { start }),
        ...(asked.sizeMiB !== undefined && { size: sizeOf(planned) }),
      },
      { usable, used, alignment },
    )
    if (found === undefined) return noRoom(wanted, table, state)
    used.push(found)
    return { ...decision, wanted: { ...wanted, place: found } }
  })
}
