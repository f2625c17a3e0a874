import type { ParsedConfig, Problem } from '../../ignition-schema/index.ts'
import type { Kept } from '../kept.ts'
import type { Log } from '../log.ts'
import { placed } from '../placed-error.ts'
import { DisksRefusedError } from '../refusal.ts'
import { carryOutDiskStep } from './carry-out.ts'
import type { Finding } from './finding.ts'
import type { Records } from './records.ts'
import type { DiskStep } from './step.ts'
import { diskStepText } from './step-text.ts'
import type { TangAccess } from './tang-servers.ts'
import type { VolumeKeys } from './volumes.ts'

/** What the phases of laying out disks share. */
export type Layout = {
  readonly parsed: ParsedConfig
  readonly log: Log
  readonly records: Records
  /** What is left as it is. */
  readonly kept: Pick<Kept, 'add'>
  /** GUIDs of the partitions that this config made: nobody has put anything into them. */
  readonly made: Set<string>
  readonly keys: VolumeKeys
  readonly tang: TangAccess
}

/** Throws DisksRefusedError if there is anything to say. */
export function refuseFindings(findings: readonly Finding[], { parsed }: Layout): void {
  const problems = findings.map(
    ({ at, message, expected }): Problem => parsed.problem('error', at, message, expected),
  )
  if (problems.length > 0) throw new DisksRefusedError(problems)
}

/** Carries steps out in their order, each told before. */
export async function carryOutSteps(steps: readonly DiskStep[], layout: Layout): Promise<void> {
  for (const [index, step] of steps.entries()) {
    layout.log.info(diskStepText(step))
    const next = steps[index + 1]
    await placed(layout.parsed, step.at, () => carryOutDiskStep(step, layout.keys, layout, next))
  }
}
