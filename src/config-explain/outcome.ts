import type { Finding } from '../ignition/disks/finding.ts'
import type { DiskStep } from '../ignition/disks/step.ts'
import { diskStepText } from '../ignition/disks/step-text.ts'
import type { Case } from './step.ts'

/** A plan of the engine for an assumed state: steps, or why there are none. */
type Plan = {
  readonly steps?: readonly DiskStep[] | undefined
  readonly finding?: Finding | undefined
  readonly findings?: readonly Finding[] | undefined
}

/**
 * What a plan comes to when the machine is so. `loses` tells that there is something on the device,
 * which a wipe takes away; `none` says what no steps at all mean.
 */
export function outcome(
  when: string,
  { steps, finding, findings = finding === undefined ? undefined : [finding] }: Plan,
  { loses, none }: { readonly loses: boolean; readonly none: string },
): Case {
  if (findings !== undefined || steps === undefined) return stop(when, findings?.[0]?.message)
  const isWiped = steps.some(({ kind }) => kind === 'wipe-signatures')
  return {
    when,
    result: steps.length === 0 ? none : steps.map(diskStepText).join(', '),
    destroys: loses && isWiped,
    stops: false,
  }
}

export function stop(when: string, reason?: string): Case {
  const result = reason === undefined ? 'the boot stops' : `the boot stops: ${reason}`
  return { when, result, destroys: false, stops: true }
}

/** What is on an assumed device that nobody wrote for this config. */
export const anythingElse = {
  type: 'something else',
  label: '',
  uuid: '',
  isAmbiguous: false,
}
