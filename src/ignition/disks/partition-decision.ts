import type { Partition as Asked, Path } from '../../ignition-schema/index.ts'
import type { Finding } from './finding.ts'
import type { Resolved } from './partition-places.ts'
import { sizeOf } from './placement.ts'
import type { DiskState, Partition, PartitionTable } from './state.ts'

/** What becomes of one partition of the config. */
export type Decision =
  | { readonly kind: 'keep' }
  | { readonly kind: 'refuse'; readonly findings: readonly Finding[] }
  | { readonly kind: 'delete'; readonly existing: Partition }
  | { readonly kind: 'create'; readonly wanted: Resolved; readonly existing?: Partition }
  | { readonly kind: 'resize'; readonly wanted: Resolved; readonly existing: Partition }

/** The table of the eight cases: present, shouldExist, wipePartitionEntry. */
export function decide(
  wanted: Resolved,
  all: readonly Resolved[],
  table: PartitionTable,
  state: DiskState,
): Decision {
  const { asked, number, at } = wanted
  const existing = table.partitions.find((each) => each.number === number)
  const wipes = asked.wipePartitionEntry === true
  if (!shouldExist(asked)) {
    // Another of the config takes the number, and decides.
    const successor = all.some((each) => each.number === number && shouldExist(each.asked))
    if (existing === undefined || successor) return { kind: 'keep' }
    if (wipes) return unlessInUse({ kind: 'delete', existing }, wanted, existing, state)
    return refuse(
      [...at, 'shouldExist'],
      `${state.device} has partition ${number}${named(existing)}, which should not exist, and wipePartitionEntry is not true`,
      'wipePartitionEntry: true to delete it, or shouldExist: true',
    )
  }
  if (existing === undefined) return create(wanted, table, state)
  const mismatches = differences(wanted, existing, state)
  if (mismatches.length === 0)
    return wanted.place === undefined ? noRoom(wanted, table, state) : { kind: 'keep' }
  if (wipes) {
    const decision = create(wanted, table, state)
    if (decision.kind !== 'create') return decision
    return unlessInUse({ ...decision, existing }, wanted, existing, state)
  }
  const onlySize = mismatches.every(({ field }) => field === 'sizeMiB')
  if (onlySize && asked.resize === true && wanted.place !== undefined)
    return unlessInUse({ kind: 'resize', wanted, existing }, wanted, existing, state)
  return {
    kind: 'refuse',
    findings: mismatches.map(({ field, found, asked: wish }) => ({
      at: [...at, field],
      message: `partition ${number} of ${state.device} has ${field} ${found}, and ${wish} is asked for without wipePartitionEntry`,
      expected: `${found}, or wipePartitionEntry: true to make it anew${field === 'sizeMiB' ? ', or resize: true' : ''}`,
    })),
  }
}

function shouldExist(asked: Asked): boolean {
  return asked.shouldExist !== false
}

function create(wanted: Resolved, table: PartitionTable, state: DiskState): Decision {
  if (wanted.number > table.entries)
    return refuse(
      [...wanted.at, 'number'],
      `the partition table of ${state.device} has room for ${table.entries} partitions`,
      `at most ${table.entries}`,
    )
  if (wanted.place === undefined) return noRoom(wanted, table, state)
  return { kind: 'create', wanted }
}

export function noRoom({ asked, at }: Resolved, table: PartitionTable, state: DiskState): Decision {
  const size = asked.sizeMiB ? `${asked.sizeMiB} MiB` : 'the rest of the largest free block'
  const start = asked.startMiB ? ` from ${asked.startMiB} MiB on` : ''
  const parts = table.partitions.map(
    (each) =>
      `${each.number} from ${inMiB(each.start, state)} to ${inMiB(each.start + each.size, state)}`,
  )
  const there = parts.length === 0 ? 'no partitions' : `partitions ${parts.join(', ')}`
  return refuse(
    at,
    `${state.device} has no room for this partition: ${size}${start}; it has ${inMiB(state.sectors, state)} and ${there}`,
    'a place that is free once the partitions of the config are in order',
  )
}

function unlessInUse(
  decision: Decision,
  { at, number }: Resolved,
  existing: Partition,
  { device, usedPartitions }: DiskState,
): Decision {
  const by = usedPartitions.get(existing.number)
  if (by === undefined) return decision
  const message = `partition ${number} of ${device} is in use by ${by} and cannot be changed`
  return refuse(at, message, 'another partition, or this one as it is')
}

type Difference = { readonly field: string; readonly found: string; readonly asked: string }

function differences(
  { asked, place }: Resolved,
  existing: Partition,
  state: DiskState,
): Difference[] {
  const found: Difference[] = []
  const differ = (field: string, there: string, wish: string) => {
    found.push({ field, found: there, asked: wish })
  }
  // What is not given is not compared, even where the entry may be wiped.
  if (asked.startMiB !== undefined && place !== undefined && place.first !== existing.start)
    differ('startMiB', inMiB(existing.start, state), inMiB(place.first, state))
  if (asked.guid && asked.guid.toUpperCase() !== existing.guid)
    differ('guid', existing.guid, asked.guid)
  if (asked.typeGuid && asked.typeGuid.toUpperCase() !== existing.typeGuid)
    differ('typeGuid', existing.typeGuid, asked.typeGuid)
  if (asked.label !== undefined && asked.label !== existing.label)
    differ('label', `"${existing.label}"`, `"${asked.label}"`)
  if (asked.sizeMiB !== undefined && place !== undefined && sizeOf(place) !== existing.size)
    differ('sizeMiB', inMiB(existing.size, state), inMiB(sizeOf(place), state))
  return found
}

function refuse(at: Path, message: string, expected: string): Decision {
  return { kind: 'refuse', findings: [{ at, message, expected }] }
}

function named({ label }: Partition): string {
  return label === '' ? '' : ` "${label}"`
}

function inMiB(sectors: number, { sectorBytes }: DiskState): string {
  const mebibytes = (sectors * sectorBytes) / (1024 * 1024)
  return Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${sectors} sectors`
}
