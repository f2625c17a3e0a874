import { randomUUID } from 'node:crypto'
import type { Disk, Path } from '../../ignition-schema/index.ts'
import { partitionName } from '../kept.ts'
import { placed } from '../placed-error.ts'
import type { Finding } from './finding.ts'
import { carryOutSteps, type Layout } from './layout.ts'
import { lookAtDisk, waitForDevice } from './look.ts'
import { type KeptPartition, planPartitions } from './plan-partitions.ts'
import { readTable, recordTable, tableDigest, type WrittenTable, wiped } from './records.ts'
import { type DiskState, isProtectiveAlone, type PartitionTable } from './state.ts'
import type { DiskStep } from './step.ts'

/** What is to be done to one disk; nothing is, if an earlier run did it. */
export type PlannedDisk = {
  readonly name: string
  readonly device: string
  readonly steps: readonly DiskStep[]
  readonly written: WrittenTable
  readonly kept: readonly KeptPartition[]
}

/** Plans every disk before one is changed. */
export async function planDisks(
  disks: readonly Disk[],
  layout: Layout,
): Promise<{ planned: PlannedDisk[]; findings: Finding[] }> {
  const planned: PlannedDisk[] = []
  const findings: Finding[] = []
  const seen = await Promise.all(
    disks.map(async (disk, index) => {
      const path = ['storage', 'disks', index]
      const state = await placed(layout.parsed, [...path, 'device'], async () =>
        lookAtDisk(await waitForDevice(disk.device)),
      )
      return { disk, path, state }
    }),
  )
  for (const { disk, path, state } of seen) {
    const result = planDisk(disk, path, state, layout)
    if (Array.isArray(result)) findings.push(...result)
    else planned.push(result)
  }
  return { planned, findings }
}

function planDisk(
  disk: Disk,
  path: Path,
  state: DiskState,
  layout: Layout,
): PlannedDisk | Finding[] {
  const name = disk.device
  const { device } = state
  const earlier = readTable(layout.records, name)
  if (earlier !== undefined && isRepeated(earlier, state)) {
    const steps = earlier.table === undefined ? [] : [rewrite(earlier.table, path, state)]
    return { name, device, steps, written: earlier, kept: [] }
  }
  const plan = planPartitions(disk, path, state, () => randomUUID().toUpperCase())
  if (plan.findings !== undefined) return [...plan.findings]
  const { table, made, kept } = plan
  const written =
    table === undefined ? { digest: wiped, made } : { digest: tableDigest(table), made, table }
  return { name, device, steps: plan.steps, written, kept }
}

/**
 * Whether an earlier run got as far as writing. sfdisk syncs once for both copies of a table, so a
 * power loss may leave neither: then nothing is on the disk, and what it was to be is known here.
 */
function isRepeated(
  { digest, table: wanted }: WrittenTable,
  { table, content }: DiskState,
): boolean {
  if (digest === wiped) return table === undefined
  const isLost = table === undefined ? content === undefined : isProtectiveAlone(table)
  if (isLost) return wanted !== undefined
  return table !== undefined && digest === tableDigest(table)
}

/** The same table once more: one of its copies may be torn. */
function rewrite(table: PartitionTable, at: Path, { device, sectorBytes }: DiskState): DiskStep {
  const updated = table.partitions.map(({ number }) => number)
  return { kind: 'write-table', at, device, table, sectorBytes, deleted: [], updated, added: [] }
}

/** Changes the disks, each after it was recorded how it will be. */
export async function partitionDisks(
  planned: readonly PlannedDisk[],
  layout: Layout,
): Promise<void> {
  for (const { name, device, steps, written, kept } of planned) {
    for (const { asked, reason } of kept)
      layout.kept.add('partitions', partitionName(name, asked), reason)
    // That a disk is wiped is recorded once it is: nothing on it would tell.
    if (written.digest !== wiped) recordTable(layout.records, name, written)
    if (steps.length === 0) layout.log.info(`the partitions of ${device} are as they should be`)
    await carryOutSteps(steps, layout)
    if (written.digest === wiped) recordTable(layout.records, name, written)
  }
}
