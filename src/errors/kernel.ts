import type { Problem } from '../checked-yaml/problem.ts'
import { problemsText } from '../checked-yaml/problem.ts'
import { defineErrors, SlipwayError } from './error.ts'

export const kernelErrors = defineErrors({
  SLIPWAY_KERNEL_CONFIG_MISSES: {
    message: 'The kernel {kernelVersion} misses {count}:\n{misses}',
    next: 'If the host can do without, or something else closes the gap, say so in kernel-configs/known-gaps.yaml; if not, this kernel is not fit.',
  },
  SLIPWAY_KERNEL_RULES_INVALID: {
    message: 'The rules for kernel configs have {count}:\n{problems}',
    next: 'Correct these lines; docs/reference/kernel.md describes the files.',
    exitStatus: 2,
  },
  SLIPWAY_KERNEL_RULES_UNREADABLE: {
    message: '{file} cannot be read.',
    next: 'Check that kernel-configs/ is complete and readable.',
  },
})

/** SLIPWAY_KERNEL_RULES_INVALID with its mistakes as values. */
export class InvalidKernelRulesError extends SlipwayError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super('SLIPWAY_KERNEL_RULES_INVALID', kernelErrors.definitions.SLIPWAY_KERNEL_RULES_INVALID, {
      count: problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`,
      problems: problemsText(problems),
    })
    this.problems = problems
  }
}
