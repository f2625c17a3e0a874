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
    next: 'The agent sets the file aside as {file}.unreadable and holds updates, so that no release is taken. Look whether releases were rolled back or pinned there, then run: slipctl update hold --end',
  },
  SLIPWAY_UPDATE_STATE_NEWER: {
    message:
      'What the host remembered of its updates, {file}, has format {found}, written by a newer release; this one reads format {known}.',
    next: 'The agent sets the file aside as {file}.unreadable and holds updates, so that no release is taken. Look whether releases were rolled back or pinned there, then run: slipctl update hold --end',
  },
  SLIPWAY_UPDATE_MACHINE_ID: {
    message: '{file} has no machine ID, so the lock server cannot tell this host from others.',
    next: 'Look why the file was not written at the first boot.',
  },
  SLIPWAY_UPDATE_LOCK_CERTIFICATE: {
    message: 'The certificates for the lock server, {file}, cannot be read.',
    next: 'Correct lock.caCertificate in the settings, or bring the file.',
  },
  SLIPWAY_UPDATE_LOCK_UNREACHABLE: {
    message: 'The lock server at {url} does not answer: {reason}',
    next: 'Nothing is lost: the host asks again. Look whether the server runs and the network leads there.',
  },
  SLIPWAY_UPDATE_LOCK_UNTRUSTED: {
    message: 'The lock server at {url} has no certificate that this host trusts: {reason}',
    next: 'Let lock.caCertificate name the authority that issued it, or correct the address.',
  },
})
