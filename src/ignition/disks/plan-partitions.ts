import type { Partition as Asked, Disk, Path } from '../../ignition-schema/index.ts'
import type { Finding } from './finding.ts'
import { type Resolved, resolvePlaces } from './partition-places.ts'
import {
  type DiskState,
  describe,
  isProtectiveAlone,
  type Partition,
  type PartitionTable,
} from './state.ts'
import type { DiskStep } from './step.ts'

/** What a disk of the config comes to: the steps, or all that speaks against them. */
export type PartitionPlan =
  | {
      readonly findings: readonly Finding[]
      readonly steps?: never
      readonly table?: never
      readonly made?: never
    }
  | {
      readonly findings?: never
      readonly steps: readonly DiskStep[]
      /** The table as it will be; absent when the disk has none then. */
      readonly table?: PartitionTable
      /** The GUIDs of the partitions that the steps make, which hold nothing that anybody gave them. */
      readonly made: readonly string[]
    }

/**
 * Plans the partitions of one disk (docs/operator-notes.md of the reference implementation,
 * "Partition Reuse Semantics"). `at` is the disk's place in the config; `newGuid` gives GUIDs for the
 * table and for partitions that the config gives none.
 */
export function planPartitions(
  disk: Disk,
  at: Path,
  state: DiskState,
  newGuid: () => string,
): PartitionPlan {
  const before = obstacles(disk, at, state)
  if (before.length > 0) return { findings: before }
  const wipes = disk.wipeTable === true
  const wipe: DiskStep[] = wipes
    ? [{ kind: 'wipe-signatures', at: [...at, 'wipeTable'], device: state.device }]
    : []
  const asked = disk.partitions ?? []
  if (asked.length === 0) {
    const table = wipes ? undefined : state.table
    return { steps: wipe, made: [], ...(table && { table }) }
  }
  const table = wipes || state.table === undefined ? newTable(state, newGuid()) : state.table
  const resolved = resolvePlaces(asked, [...at, 'partitions'], table, state)
  const decisions = resolved.map((each) => decide(each, resolved, table, state))
  const findings = decisions.flatMap((decision) =>
    decision.kind === 'refuse' ? decision.findings : [],
  )
  if (findings.length > 0) return { findings }
  return carried(decisions, { at, state, table, wipe, newGuid })
}

/** What speaks against touching the disk at all. */
function obstacles(disk: Disk, at: Path, state: DiskState): Finding[] {
  const { device, usedBy, usedPartitions } = state
  const asks = (disk.partitions ?? []).length > 0
  if (disk.wipeTable !== true && !asks) return []
  if (usedBy !== undefined)
    return [
      {
        at: [...at, 'device'],
        message: `${device} is in use by ${usedBy}`,
        expected: 'a disk that nothing uses',
      },
    ]
  if (disk.wipeTable === true) {
    const uses = [...usedPartitions].map(([number, by]) => `${number} by ${by}`)
    if (uses.length === 0) return []
    const message = `${device} has partitions in use (${uses.join(', ')}), so its table cannot be wiped`
    return [{ at: [...at, 'wipeTable'], message, expected: 'false, or a disk that nothing uses' }]
  }
  const holds = whatIsLost(state)
  if (holds === undefined) return []
  const message = `${device} holds ${holds}, and partitions of a GPT are asked for without wipeTable`
  return [
    {
      at: [...at, 'device'],
      message,
      expected: 'an empty disk or one with a GPT, or wipeTable: true to lose what is there',
    },
  ]
}

/** What making partitions would cost; undefined for an empty disk and one with a GPT. */
function whatIsLost({ table, content }: DiskState): string | undefined {
  if (table === undefined) return content && describe(content)
  if (table.type === 'gpt') return undefined
  return isProtectiveAlone(table) ? 'a damaged GPT' : `a ${table.type} partition table`
}

function newTable({ sectorBytes, sectors }: DiskState, id: string): PartitionTable {
  // 128 entries of 128 bytes behind the protective MBR and the header, mirrored at the end.
  const firstUsable = 2 + (128 * 128) / sectorBytes
  return {
    type: 'gpt',
    id,
    firstUsable,
    lastUsable: sectors - firstUsable,
    entries: 128,
    partitions: [],
  }
}

type Decision =
  | { readonly kind: 'keep' }
  | { readonly kind: 'refuse'; readonly findings: readonly Finding[] }
  | { readonly kind: 'delete'; readonly existing: Partition }
  | { readonly kind: 'create'; readonly wanted: Resolved; readonly existing?: Partition }
  | { readonly kind: 'resize'; readonly size: number; readonly existing: Partition }

/** The table of the eight cases: present, shouldExist, wipePartitionEntry. */
function decide(
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
    return unlessInUse(
      { kind: 'resize', size: sizeOf(wanted.place), existing },
      wanted,
      existing,
      state,
    )
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

function noRoom({ asked, at }: Resolved, table: PartitionTable, state: DiskState): Decision {
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
  if (place !== undefined && place.first !== existing.start)
    differ('startMiB', inMiB(existing.start, state), inMiB(place.first, state))
  if (asked.guid && asked.guid.toUpperCase() !== existing.guid)
    differ('guid', existing.guid, asked.guid)
  if (asked.typeGuid && asked.typeGuid.toUpperCase() !== existing.typeGuid)
    differ('typeGuid', existing.typeGuid, asked.typeGuid)
  if (asked.label !== undefined && asked.label !== existing.label)
    differ('label', `"${existing.label}"`, `"${asked.label}"`)
  if (place !== undefined && sizeOf(place) !== existing.size)
    differ('sizeMiB', inMiB(existing.size, state), inMiB(sizeOf(place), state))
  return found
}

type Context = {
  readonly at: Path
  readonly state: DiskState
  readonly table: PartitionTable
  readonly wipe: readonly DiskStep[]
  readonly newGuid: () => string
}

function carried(
  decisions: readonly Decision[],
  { at, state, table, wipe, newGuid }: Context,
): PartitionPlan {
  const after = new Map(table.partitions.map((each) => [each.number, each]))
  const deleted: number[] = []
  const updated: number[] = []
  const added: number[] = []
  const made: string[] = []
  for (const decision of decisions) {
    if (decision.kind === 'delete') {
      after.delete(decision.existing.number)
      deleted.push(decision.existing.number)
    } else if (decision.kind === 'resize') {
      const { existing, size } = decision
      after.set(existing.number, { ...existing, size })
      updated.push(existing.number)
    } else if (decision.kind === 'create') {
      const partition = newPartition(decision.wanted, newGuid)
      after.set(partition.number, partition)
      ;(decision.existing === undefined ? added : updated).push(partition.number)
      made.push(partition.guid)
    }
  }
  const partitions = [...after.values()].sort((a, b) => a.number - b.number)
  const next = { ...table, partitions }
  const changes = deleted.length + updated.length + added.length > 0
  const { device, sectorBytes } = state
  const write: DiskStep[] = changes
    ? [{ kind: 'write-table', at, device, table: next, sectorBytes, deleted, updated, added }]
    : []
  return { steps: [...wipe, ...write], table: next, made }
}

const linuxFilesystem = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'

function newPartition({ asked, number, place }: Resolved, newGuid: () => string): Partition {
  if (place === undefined) throw new TypeError('a partition without a place was refused before')
  return {
    number,
    start: place.first,
    size: sizeOf(place),
    label: asked.label ?? '',
    guid: (asked.guid || newGuid()).toUpperCase(),
    typeGuid: (asked.typeGuid || linuxFilesystem).toUpperCase(),
    attributes: '',
  }
}

function refuse(at: Path, message: string, expected: string): Decision {
  return { kind: 'refuse', findings: [{ at, message, expected }] }
}

function named({ label }: Partition): string {
  return label === '' ? '' : ` "${label}"`
}

function sizeOf({ first, last }: { readonly first: number; readonly last: number }): number {
  return last - first + 1
}

function inMiB(sectors: number, { sectorBytes }: DiskState): string {
  const mebibytes = (sectors * sectorBytes) / (1024 * 1024)
  return Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${sectors} sectors`
}
