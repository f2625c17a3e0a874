import { defineErrors } from './error.ts'

/** Errors of the agent that carries updates out, and of the verbs that ask it. */
export const updateAgentErrors = defineErrors({
  SLIPWAY_UPDATE_RUNNING_UNKNOWN: {
    message: '{file} does not tell what runs: {reason}',
    next: 'Updates need a host of a Slipway image.',
  },
  SLIPWAY_UPDATE_NO_TRUST: {
    message: 'This image trusts no releases: it has no {file}.',
    next: 'Build it with updates.root in its definition, the root that slipway keys init made.',
  },
  SLIPWAY_UPDATE_DISABLED: {
    message: 'This host takes no updates: {reason}',
    next: 'Name a server in the settings: docs/guides/update-settings.md.',
  },
  SLIPWAY_UPDATE_RELEASE_REFUSED: {
    message: 'No release is taken: {reason}',
    next: 'slipctl update status tells what is remembered of releases, pin and hold.',
  },
  SLIPWAY_UPDATE_RELEASE_OTHER: {
    message: 'The release is not what its channel says: {reason}',
    next: 'It is signed, so those who make the releases mixed them up: make the release again.',
  },
  SLIPWAY_UPDATE_NO_SPACE: {
    message:
      'The file system of {directory} has {freeKiB} KiB left; an update needs {neededKiB} KiB to note how far it is.',
    next: 'Make room on the root partition. Nothing was written.',
  },
  SLIPWAY_UPDATE_IMAGES_NOT_PULLED: {
    message: 'The container images of {version} are not all here: {reason}',
    next: 'The release is taken when they are; the host tries again. Their registries have to answer it.',
  },
  SLIPWAY_UPDATE_FALLBACK_UNANNOUNCED: {
    message: 'The firmware did not take the variable that lets a failed boot start again: {reason}',
    next: 'The update goes on; should the new release not boot, it takes a reset by hand to come back.',
  },
  SLIPWAY_UPDATE_ROLLED_BACK: {
    message: 'The host left {version} again and runs {from}: {reason}',
    next: 'The host does not take {version} again by itself. To try it once more: slipctl update apply {version}',
  },
  SLIPWAY_UPDATE_NO_WAY_BACK: {
    message: 'The host cannot go back: {reason}',
    next: 'A version of the channel is taken by its name: slipctl update apply VERSION',
  },
  SLIPWAY_UPDATE_PROGRAM_FAILED: {
    message: '{program} failed: {reason}',
    next: 'Look at what it says in the journal.',
  },
  SLIPWAY_UPDATE_ORDER_INVALID: {
    message: 'The order {file} is none: {reason}',
    next: 'It was removed. Give orders with slipctl update.',
  },
  SLIPWAY_UPDATE_NOT_PERMITTED: {
    message: 'This user may neither ask the update agent nor see what it remembers: {reason}',
    next: 'Ask as root.',
  },
  SLIPWAY_UPDATE_ORDER_NOT_TAKEN: {
    message: 'The agent did not take the order: {reason}',
    next: 'Look at the journal: journalctl --unit=slipway-update',
  },
})
