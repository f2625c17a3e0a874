import type { Partition as Asked, Disk, Path } from '../../ignition-schema/index.ts'
import { finalPlaces } from './final-places.ts'
import type { Finding } from './finding.ts'
import { type Decision, decide } from './partition-decision.ts'
import { type Resolved, resolvePlaces } from './partition-places.ts'
import { type Extent, sizeOf } from './placement.ts'
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
      readonly kept?: never
    }
  | {
      readonly findings?: never
      readonly steps: readonly DiskStep[]
      /** The table as it will be; absent when the disk has none then. */
      readonly table?: PartitionTable
      /** The GUIDs of the partitions that the steps make, which hold nothing that anybody gave them. */
      readonly made: readonly string[]
      /** Partitions of the config that are as it has them. */
      readonly kept: readonly KeptPartition[]
    }

export type KeptPartition = { readonly asked: Asked; readonly reason: string }

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
    return { steps: wipe, made: [], kept: [], ...(table && { table }) }
  }
  const table = wipes || state.table === undefined ? newTable(state, newGuid()) : state.table
  const resolved = resolvePlaces(asked, [...at, 'partitions'], table, state)
  const decisions = resolved.map((each) => decide(each, resolved, table, state))
  const findings = refusals(decisions)
  if (findings.length > 0) return { findings }
  const placed = finalPlaces(decisions, table, state)
  const unplaced = refusals(placed)
  if (unplaced.length > 0) return { findings: unplaced }
  const kept = resolved.flatMap((each, index) => keptOf(each, placed[index], table))
  return { ...carried(placed, { at, state, table, wipe, newGuid }), kept }
}

function keptOf(
  { asked, number }: Resolved,
  decision: Decision | undefined,
  table: PartitionTable,
): KeptPartition[] {
  if (decision?.kind !== 'keep') return []
  if (asked.shouldExist !== false)
    return [{ asked, reason: 'it is there, and all that is given of it matches' }]
  const isThere = table.partitions.some((each) => each.number === number)
  return isThere ? [] : [{ asked, reason: 'it was not there' }]
}

function refusals(decisions: readonly Decision[]): Finding[] {
  return decisions.flatMap((each) => (each.kind === 'refuse' ? each.findings : []))
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
): Omit<PartitionPlan & { findings?: never }, 'kept'> {
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
      const { existing, wanted } = decision
      after.set(existing.number, { ...existing, size: sizeOf(placeOf(wanted)) })
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

function newPartition(wanted: Resolved, newGuid: () => string): Partition {
  const { asked, number } = wanted
  const place = placeOf(wanted)
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

function placeOf({ place }: Resolved): Extent {
  if (place === undefined) throw new TypeError('a partition without a place was refused before')
  return place
}
