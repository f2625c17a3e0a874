import type { Config } from '../../ignition-schema/index.ts'
import type { Finding } from './finding.ts'
import type { Layout } from './layout.ts'
import { deviceAt, lookAtMember } from './look.ts'
import { planFormat } from './make-filesystems.ts'
import { planEncryption } from './open-volumes.ts'
import type { PlannedDisk } from './partition-disks.ts'
import { planArray } from './start-arrays.ts'

/**
 * What will stop a later phase and can be known before the first change: of devices that are there
 * and that no earlier phase changes.
 */
export async function foresee(
  { storage }: Config,
  planned: readonly PlannedDisk[],
  layout: Layout,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const changed = planned.filter(({ steps }) => steps.length > 0).map(({ device }) => device)
  const settled = (path: string | undefined) => {
    const device = path === undefined ? undefined : deviceAt(path)
    return device === undefined || changed.some((disk) => isOn(device, disk)) ? undefined : device
  }
  for (const [index, raid] of (storage?.raid ?? []).entries()) {
    const devices = (raid.devices ?? []).map(settled)
    if (!devices.every((device) => device !== undefined)) continue
    const members = await Promise.all(devices.map(lookAtMember))
    const plan = planArray(raid, ['storage', 'raid', index], members, layout)
    findings.push(...(plan.findings ?? []))
  }
  for (const [index, luks] of (storage?.luks ?? []).entries()) {
    const device = settled(luks.device)
    if (device === undefined) continue
    const plan = await planEncryption(luks, ['storage', 'luks', index], device, layout)
    findings.push(...(plan.findings ?? []))
  }
  for (const [index, filesystem] of (storage?.filesystems ?? []).entries()) {
    const device = settled(filesystem.device)
    if (device === undefined) continue
    const plan = await planFormat(filesystem, ['storage', 'filesystems', index], device, layout)
    if (plan.finding !== undefined) findings.push(plan.finding)
  }
  return findings
}

/** Whether a device is a disk or one of its partitions. */
function isOn(device: string, disk: string): boolean {
  return device.startsWith(disk) && /^(?:p?\d+)?$/.test(device.slice(disk.length))
}
