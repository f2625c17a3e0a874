import { defineErrors } from './error.ts'

/** Errors of making and looking at configs before a host gets them; what is wrong in one is no error of these. */
export const configErrors = defineErrors({
  SLIPWAY_CONFIG_UNREADABLE: {
    message: '{file} cannot be read: {reason}',
    next: 'Correct the path, or give - for standard input.',
    exitStatus: 2,
  },
  SLIPWAY_CONFIG_FORMAT_UNKNOWN: {
    message: '"{format}" is no format of configs',
    next: 'Give --format json or --format yaml, or leave it out.',
    exitStatus: 2,
  },
  SLIPWAY_CONFIG_UNWRITABLE: {
    message: '{file} cannot be written: {reason}',
    next: 'Give --output a path in a directory that is there and that you may write to.',
    exitStatus: 2,
  },
})
