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
  SLIPWAY_UPDATE_STATE_DAMAGED: {
    message: 'What the host remembered of its updates, {file}, cannot be read: {reason}',
    next: 'The file was set aside as {file}.unreadable, and no release is taken while updates are held. Look whether releases were rolled back or pinned there, then run: slipctl update hold --end',
  },
  SLIPWAY_UPDATE_STATE_NEWER: {
    message:
      'What the host remembered of its updates, {file}, has format {found}, written by a newer release; this one reads format {known}.',
    next: 'The file was set aside as {file}.unreadable, and no release is taken while updates are held. Look whether releases were rolled back or pinned there, then run: slipctl update hold --end',
  },
})
