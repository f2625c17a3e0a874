import type { Problem } from '../checked-yaml/problem.ts'
import { problemsText } from '../checked-yaml/problem.ts'
import { defineErrors, SlipwayError } from './error.ts'

export const imageErrors = defineErrors({
  SLIPWAY_IMAGE_UNKNOWN: {
    message: 'There is no image "{name}" in {directory}.',
    next: 'Name one of: {known}.',
    exitStatus: 2,
  },
  SLIPWAY_IMAGE_UNREADABLE: {
    message: 'The image definition {file} cannot be read.',
    next: 'Check the permissions of the file and of its folder.',
  },
  SLIPWAY_IMAGE_INVALID: {
    message: 'The definition of image "{name}" has {count}:\n{problems}',
    next: 'Correct these lines; docs/reference/image-definition.md describes every field.',
    exitStatus: 2,
  },
})

/** SLIPWAY_IMAGE_INVALID with its mistakes as values, for readers that are programs. */
export class InvalidImageError extends SlipwayError {
  readonly problems: readonly Problem[]

  constructor(name: string, problems: readonly Problem[]) {
    super('SLIPWAY_IMAGE_INVALID', imageErrors.definitions.SLIPWAY_IMAGE_INVALID, {
      name,
      count: problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`,
      problems: problemsText(problems),
    })
    this.problems = problems
  }
}
