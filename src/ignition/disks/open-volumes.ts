import type { Luks, Path } from '../../ignition-schema/index.ts'
import { placed } from '../placed-error.ts'
import { carryOutSteps, type Layout, refuseFindings } from './layout.ts'
import { lookAtContent, lookAtVolume, waitForDevice } from './look.ts'
import { planVolume, type VolumePlan } from './plan-volume.ts'
import { readUnfinished, recordUnfinished } from './records.ts'

/** Encrypts and opens the volumes of a config, or opens those that are there already. */
export async function openVolumes(volumes: readonly Luks[], layout: Layout): Promise<void> {
  for (const [index, luks] of volumes.entries()) {
    const path = ['storage', 'luks', index]
    const plan = await placed(layout.parsed, [...path, 'device'], async () =>
      planEncryption(luks, path, await waitForDevice(luks.device ?? ''), layout),
    )
    if (plan.findings !== undefined) return refuseFindings(plan.findings, layout)
    const makes = plan.steps.some(({ kind }) => kind === 'format-volume')
    if (makes)
      recordUnfinished(layout.records, 'luks', luks.name, { uuid: plan.uuid, isDone: false })
    else if (readUnfinished(layout.records, 'luks', luks.name) === undefined)
      layout.kept.add('volumes', luks.name, 'it is there as asked for, and its key file opens it')
    await carryOutSteps(plan.steps, layout)
    recordUnfinished(layout.records, 'luks', luks.name, { uuid: plan.uuid, isDone: true })
  }
}

export async function planEncryption(
  luks: Luks,
  path: Path,
  device: string,
  { records }: Layout,
): Promise<VolumePlan> {
  const { content } = await lookAtContent(device)
  const header = content?.type === 'crypto_LUKS' ? await lookAtVolume(device) : undefined
  const earlier = readUnfinished(records, 'luks', luks.name)
  // The device itself: a link by label or UUID is gone once the signatures are.
  return planVolume({ ...luks, device }, path, {
    ...(content && { content }),
    ...(header && { header }),
    ...(earlier && { earlier }),
  })
}
