import { defineErrors } from './error.ts'

/** Errors of the agent that carries updates out, and of the verbs that ask it. */
export const updateAgentErrors = defineErrors({
  SLIPWAY_UPDATE_RUNNING_UNKNOWN: {
    message: '{file} does not tell what runs: {reason}',
    next: 'Updates need a host of a Slipway image.',
  },
})
