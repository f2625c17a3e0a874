import { SlipwayError } from '../errors/error.ts'
import { ignitionErrors } from '../errors/ignition.ts'
import { ignitionDiskErrors } from '../errors/ignition-disks.ts'
import type { Problem } from '../ignition-schema/index.ts'

/** SLIPWAY_IGNITION_CONFIG_REFUSED, with what is wrong. */
export class ConfigRefusedError extends SlipwayError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(
      'SLIPWAY_IGNITION_CONFIG_REFUSED',
      ignitionErrors.definitions.SLIPWAY_IGNITION_CONFIG_REFUSED,
      { count: counted(problems, 'mistake') },
    )
    this.problems = inOrder(problems)
  }
}

/** SLIPWAY_IGNITION_DISKS_REFUSED, with what there is that the config does not give up. */
export class DisksRefusedError extends SlipwayError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(
      'SLIPWAY_IGNITION_DISKS_REFUSED',
      ignitionDiskErrors.definitions.SLIPWAY_IGNITION_DISKS_REFUSED,
      { count: counted(problems, 'difference') },
    )
    this.problems = inOrder(problems)
  }
}

function counted(problems: readonly Problem[], noun: string): string {
  const count = problems.filter(({ severity }) => severity === 'error').length
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}
