import { defineErrors } from './error.ts'

/** Errors of carrying out a config at first boot; they reach the reader on the host's console. */
export const ignitionErrors = defineErrors({
  SLIPWAY_IGNITION_USAGE: {
    message: '{mistake}',
    next: 'slipway-host ignition -help lists all options.',
    exitStatus: 2,
  },
  SLIPWAY_IGNITION_CONFIG_REFUSED: {
    message: 'the config has {count}, and nothing was written',
    next: 'Correct the config and boot again with it.',
  },
  SLIPWAY_IGNITION_PROVIDER_FAILED: {
    message: 'no config can be read on the platform {platform}: {reason}',
    next: 'Check that ignition.platform.id= of the kernel’s command line is the platform that the host runs on.',
  },
  SLIPWAY_IGNITION_OFFLINE: {
    message: '{reason}, and the option --offline says that there is none',
    next: 'Put what the config names into it, as data URLs.',
  },
  SLIPWAY_IGNITION_FETCH_FAILED: {
    message: '{source} cannot be fetched: {reason}',
    next: 'Check the address, and that the server is reached from this host.',
  },
  SLIPWAY_IGNITION_FETCH_NOT_FOUND: {
    message: '{source} is not there: the server answered {status}',
    next: 'Check the path; servers may also hide what needs credentials.',
  },
  SLIPWAY_IGNITION_FETCH_TIMEOUT: {
    message: '{source} was not fetched within {seconds} s: {reason}',
    next: 'Raise ignition.timeouts.httpTotal, or --fetch-timeout for the first config.',
  },
  SLIPWAY_IGNITION_FETCH_HASH: {
    message: '{source} does not have the expected {function}: it is {actual}',
    next: 'Check what the server has; the hash is that of the decompressed bytes.',
  },
  SLIPWAY_IGNITION_FETCH_DECOMPRESSION: {
    message: '{source} cannot be decompressed: {reason}',
    next: 'Leave out compression when the server has the plain file.',
  },
  SLIPWAY_IGNITION_FETCH_TOO_LARGE: {
    message: '{source} has more than {limit} bytes',
    next: 'Check what the server has at this address.',
  },
  SLIPWAY_IGNITION_CERTIFICATE: {
    message: '{source} has no certificates that can be read: {reason}',
    next: 'A certificate authority is one or more certificates in PEM.',
  },
  SLIPWAY_IGNITION_SOURCE_UNREADABLE: {
    message: 'the config in {path} cannot be read: {reason}',
    next: 'Check the file, or the kernel argument that names it.',
  },
  SLIPWAY_IGNITION_NO_CONFIG_SERVICE: {
    message: 'the platform {platform} cannot be asked for a config: {reason}',
    next: '{next}',
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
