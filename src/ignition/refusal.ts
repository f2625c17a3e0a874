import { type ErrorDefinition, SlipwayError } from '../errors/error.ts'
import { ignitionErrors } from '../errors/ignition.ts'
import { ignitionDiskErrors } from '../errors/ignition-disks.ts'
import type { Problem } from '../ignition-schema/index.ts'

/** Why a config is not carried out, with every problem in the order of its lines. */
export class RefusedError extends SlipwayError {
  readonly problems: readonly Problem[]

  protected constructor(
    code: string,
    definition: ErrorDefinition,
    noun: string,
    problems: readonly Problem[],
  ) {
    super(code, definition, { count: counted(problems, noun) })
    this.problems = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  }
}

/** SLIPWAY_IGNITION_CONFIG_REFUSED, with what is wrong. */
export class ConfigRefusedError extends RefusedError {
  constructor(problems: readonly Problem[]) {
    const code = 'SLIPWAY_IGNITION_CONFIG_REFUSED'
    super(code, ignitionErrors.definitions[code], 'mistake', problems)
  }
}

/** SLIPWAY_IGNITION_DISKS_REFUSED, with what there is that the config does not give up. */
export class DisksRefusedError extends RefusedError {
  constructor(problems: readonly Problem[]) {
    const code = 'SLIPWAY_IGNITION_DISKS_REFUSED'
    super(code, ignitionDiskErrors.definitions[code], 'difference', problems)
  }
}

function counted(problems: readonly Problem[], noun: string): string {
  const count = problems.filter(({ severity }) => severity === 'error').length
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}
