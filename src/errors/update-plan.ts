import { defineErrors } from './error.ts'

/** Errors of the update's decisions: versions, settings, the remembered state. */
export const updatePlanErrors = defineErrors({
  SLIPWAY_UPDATE_VERSION_INVALID: {
    message: '"{version}" is no version of a release; expected {expected}',
    next: 'Correct the version.',
    exitStatus: 2,
  },
  SLIPWAY_UPDATE_SETTINGS_INVALID: {
    message: 'The settings of updates have mistakes:\n{problems}',
    next: 'Correct the lines named above. Until then the host takes no update.',
    exitStatus: 2,
  },
  SLIPWAY_UPDATE_SETTINGS_UNREADABLE: {
    message: 'The settings of updates, {file}, cannot be read.',
    next: 'Look at the file and its permissions. Until then the host takes no update.',
  },
})
