import { defineErrors } from './error.ts'

/** Errors of the update's decisions: versions, settings, the remembered state. */
export const updatePlanErrors = defineErrors({
  SLIPWAY_UPDATE_VERSION_INVALID: {
    message: '"{version}" is no version of a release; expected {expected}',
    next: 'Correct the version.',
    exitStatus: 2,
  },
})
