import { randomUUID } from 'node:crypto'
import type { Path, Raid } from '../../ignition-schema/index.ts'
import { placed } from '../placed-error.ts'
import { carryOutSteps, type Layout, refuseFindings } from './layout.ts'
import { lookAtMember, waitForDevice } from './look.ts'
import { levelName, type Member, planRaid, type RaidPlan } from './plan-raid.ts'
import { readUnfinished, recordUnfinished } from './records.ts'
import { loadModule } from './volumes.ts'

/** Creates the arrays of a config, or takes over those that are there already. */
export async function startArrays(raids: readonly Raid[], layout: Layout): Promise<void> {
  for (const [index, raid] of raids.entries()) {
    const path = ['storage', 'raid', index]
    const members = await Promise.all(
      (raid.devices ?? []).map((device, place) =>
        placed(layout.parsed, [...path, 'devices', place], async () =>
          lookAtMember(await waitForDevice(device)),
        ),
      ),
    )
    const plan = planArray(raid, path, members, layout)
    if (plan.findings !== undefined) return refuseFindings(plan.findings, layout)
    await loadModule(moduleOf(raid))
    const isThere = plan.steps.every(({ kind }) => kind === 'assemble-array')
    if (isThere && readUnfinished(layout.records, 'raid', raid.name) === undefined)
      layout.kept.add('arrays', raid.name, 'its members are those of such an array')
    recordUnfinished(layout.records, 'raid', raid.name, { uuid: plan.uuid, isDone: false })
    await carryOutSteps(plan.steps, layout)
    recordUnfinished(layout.records, 'raid', raid.name, { uuid: plan.uuid, isDone: true })
  }
}

export function planArray(
  raid: Raid,
  path: Path,
  members: readonly Member[],
  layout: Layout,
): RaidPlan {
  const earlier = readUnfinished(layout.records, 'raid', raid.name)
  const { made } = layout
  return planRaid(raid, path, members, { made, newUuid: randomUUID, ...(earlier && { earlier }) })
}

function moduleOf({ level = '' }: Raid): string {
  const name = levelName(level)
  return /^raid[456]$/.test(name) ? 'raid456' : name
}
