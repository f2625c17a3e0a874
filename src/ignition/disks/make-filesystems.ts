import type { Filesystem, Path } from '../../ignition-schema/index.ts'
import { placed } from '../placed-error.ts'
import type { Finding } from './finding.ts'
import { carryOutSteps, type Layout, refuseFindings } from './layout.ts'
import { lookAtContent, waitForDevice } from './look.ts'
import { type FilesystemPlan, planFilesystem } from './plan-filesystem.ts'
import { readUnfinished, recordUnfinished } from './records.ts'

/** Makes the file systems of a config, all of them planned before the first is made. */
export async function makeFilesystems(
  filesystems: readonly Filesystem[],
  layout: Layout,
): Promise<void> {
  const findings: Finding[] = []
  const plans: [Filesystem, FilesystemPlan & { steps: object }][] = []
  for (const [index, filesystem] of filesystems.entries()) {
    if (!filesystem.format) continue
    const path = ['storage', 'filesystems', index]
    const plan = await placed(layout.parsed, [...path, 'device'], async () =>
      planFormat(filesystem, path, await waitForDevice(filesystem.device), layout),
    )
    if (plan.finding !== undefined) findings.push(plan.finding)
    else plans.push([filesystem, plan])
  }
  refuseFindings(findings, layout)
  for (const [{ device, format = '' }, { steps, uuid }] of plans) {
    const record = (isDone: boolean) => {
      if (uuid !== undefined)
        recordUnfinished(layout.records, 'filesystem', device, { uuid, isDone })
    }
    if (steps.length === 0) {
      const isOwn = readUnfinished(layout.records, 'filesystem', device) !== undefined
      const reason =
        format === 'none' ? 'it holds nothing' : `it holds the ${format} that is asked for`
      if (!isOwn) layout.kept.add('filesystems', device, reason)
      layout.log.info(`${device} is kept: ${reason}`)
      continue
    }
    record(false)
    await carryOutSteps(steps, layout)
    record(true)
  }
}

export async function planFormat(
  filesystem: Filesystem,
  path: Path,
  device: string,
  { records }: Layout,
): Promise<FilesystemPlan> {
  const { content } = await lookAtContent(device)
  // The device itself: a link by label or UUID is gone once the signatures are.
  return planFilesystem(
    { ...filesystem, device },
    path,
    content,
    readUnfinished(records, 'filesystem', filesystem.device),
  )
}
