import { randomUUID } from 'node:crypto'
import type { Disk, Path } from '../../ignition-schema/index.ts'
import type { Finding } from './finding.ts'
import { at, carryOutSteps, type Layout } from './layout.ts'
import { lookAtDisk, waitForDevice } from './look.ts'
import { planPartitions } from './plan-partitions.ts'
import { readTable, recordTable, tableDigest, type WrittenTable, wiped } from './records.ts'
import type { DiskState } from './state.ts'
import type { DiskStep } from './step.ts'

/** What is to be done to one disk; nothing is, if an earlier run did it. */
export type PlannedDisk = {
  readonly name: string
  readonly device: string
  readonly steps: readonly DiskStep[]
  readonly written: WrittenTable
}

/** Plans every disk before one is changed. */
export async function planDisks(
  disks: readonly Disk[],
  layout: Layout,
): Promise<{ planned: PlannedDisk[]; findings: Finding[] }> {
  const planned: PlannedDisk[] = []
  const findings: Finding[] = []
  for (const [index, disk] of disks.entries()) {
    const path = ['storage', 'disks', index]
    const state = await at({ at: [...path, 'device'] }, layout, async () =>
      lookAtDisk(await waitForDevice(disk.device)),
    )
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
  const { device, table } = state
  const earlier = readTable(layout.records, name)
  const digest = table === undefined ? wiped : tableDigest(table)
  if (earlier?.digest === digest) return { name, device, steps: [], written: earlier }
  const plan = planPartitions(disk, path, state, () => randomUUID().toUpperCase())
  if (plan.findings !== undefined) return [...plan.findings]
  const after = plan.table === undefined ? wiped : tableDigest(plan.table)
  return { name, device, steps: plan.steps, written: { digest: after, made: plan.made } }
}

/** Changes the disks, each after it was recorded how it will be. */
export async function partitionDisks(
  planned: readonly PlannedDisk[],
  layout: Layout,
): Promise<void> {
  for (const { name, device, steps, written } of planned) {
    // That a disk is wiped is recorded once it is: nothing on it would tell.
    if (written.digest !== wiped) recordTable(layout.records, name, written)
    if (steps.length === 0) layout.log.info(`the partitions of ${device} are as they should be`)
    await carryOutSteps(steps, layout)
    if (written.digest === wiped) recordTable(layout.records, name, written)
    for (const guid of written.made) layout.made.add(guid)
  }
}
