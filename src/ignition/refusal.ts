import { SlipwayError } from '../errors/error.ts'
import { ignitionErrors } from '../errors/ignition.ts'
import type { Problem } from '../ignition-schema/index.ts'

/** SLIPWAY_IGNITION_CONFIG_REFUSED, with what is wrong. */
export class ConfigRefusedError extends SlipwayError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const count = problems.filter(({ severity }) => severity === 'error').length
    super(
      'SLIPWAY_IGNITION_CONFIG_REFUSED',
      ignitionErrors.definitions.SLIPWAY_IGNITION_CONFIG_REFUSED,
      { count: count === 1 ? '1 mistake' : `${count} mistakes` },
    )
    this.problems = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  }
}
