import { defineErrors } from './error.ts'

/** Errors of carrying out a config at first boot; they reach the reader on the host's console. */
export const ignitionErrors = defineErrors({
  SLIPWAY_IGNITION_USAGE: {
    message: '{mistake}',
    next: 'Usage: {usage}',
    exitStatus: 2,
  },
  SLIPWAY_IGNITION_CONFIG_REFUSED: {
    message: 'the config has {count}, and nothing was written',
    next: 'Correct the config and boot again with it.',
  },
  SLIPWAY_IGNITION_PROVIDER_FAILED: {
    message: 'no config can be read on the platform {platform}: {reason}',
    next: 'Check that the platform of the image is the one it runs on: the option --platform.',
  },
  SLIPWAY_IGNITION_CACHE_UNREADABLE: {
    message: 'the config of the fetch stage cannot be read from {path}',
    next: 'Run the stage fetch first, with the same --config-cache.',
  },
  SLIPWAY_IGNITION_NODE_EXISTS: {
    message: '{path} exists already, and is not {wanted}',
    next: 'Set overwrite to true to replace it, or choose another path.',
  },
  SLIPWAY_IGNITION_NODE_FAILED: {
    message: '{path} cannot be made: {reason}',
    next: 'Configs can write below /etc and /var; /usr is read-only.',
  },
  SLIPWAY_IGNITION_LINK_TARGET: {
    message: '{path} cannot be a hard link: its target {target} {reason}',
    next: 'Name a file that the image has or that the config declares, or make it a symbolic link.',
  },
  SLIPWAY_IGNITION_ACCOUNTS_LOCKED: {
    message: 'users and groups are being changed by process {pid}, which holds {path}',
    next: 'Wait for it to end and boot again; remove the file if that process has nothing to do with users.',
  },
  SLIPWAY_IGNITION_LINK_LOOP: {
    message: '{path} goes through more than 40 links',
    next: 'Choose a path without a loop of links.',
  },
})
