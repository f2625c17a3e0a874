import { defineErrors } from './error.ts'

/** Errors of signing and publishing releases. */
export const releaseErrors = defineErrors({
  SLIPWAY_RELEASE_NAME_INVALID: {
    message: '"{name}" cannot be the name of {what}; expected {expected}',
    next: 'Choose another name.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_NUMBER_INVALID: {
    message: '{what} is {value}; expected {expected}',
    next: 'Correct the option.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_KEYS_EXIST: {
    message: '{directory} is not empty; keys are never overwritten',
    next: 'Name a new directory, or replace a key of this one with slipway keys rotate.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_KEYS_MISSING: {
    message: 'there are no keys in {directory}: it has no file such as 1.root.json',
    next: 'Make keys with slipway keys init, or name their directory with {option}.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_KEY_NOT_HERE: {
    message:
      'the role {role} needs signatures of {needed} of its keys, and {found} are in {directories}; not here: {missing}',
    next: 'Bring the missing key files; root keys that are kept elsewhere are named with --offline.',
  },
  SLIPWAY_RELEASE_KEY_INVALID: {
    message: 'the key file {file} cannot be used: {reason}',
    next: 'Restore the file from its backup, or replace the key with slipway keys rotate.',
  },
  SLIPWAY_RELEASE_PASSPHRASE_NEEDED: {
    message: 'the key file {file} is encrypted, and there is no passphrase',
    next: 'Set SLIPWAY_KEY_PASSPHRASE in the environment of this command.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_PASSPHRASE_WRONG: {
    message: 'the passphrase does not open the key file {file}',
    next: 'Set SLIPWAY_KEY_PASSPHRASE to the passphrase that the key was made with.',
  },
  SLIPWAY_RELEASE_KEY_UNKNOWN: {
    message: '"{key}" names no single key of the role {role}; its keys are {keys}',
    next: 'Name the key to be replaced with --replace, by the first characters of its identifier.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_BUILD_MISSING: {
    message: 'there is no finished build of {image} in {directory}: {reason}',
    next: 'Run slipway build {image}, then try again.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_BUILD_CHANGED: {
    message: '{file} is not what the build’s manifest says: {reason}',
    next: 'Run slipway build {image} again; a release takes only what was built.',
  },
  SLIPWAY_RELEASE_VERSION_TAKEN: {
    message: '{image} {version} is released already, with other content: {difference}',
    next: 'Raise the version and build again; what a version means never changes once it is released.',
  },
  SLIPWAY_RELEASE_DELTA_FROM_UNKNOWN: {
    message: 'A patch was asked for from {image} {version}, which the repository does not have.',
    next: 'slipway release list tells what it has. Without --delta-from the patch is made from the newest release of the channel.',
  },
  SLIPWAY_RELEASE_VERSION_OLDER: {
    message:
      '{image} {version} is older than {newest}, the newest release of the channel {channel}',
    next: 'Raise the version and build again; hosts would not go back to an older version.',
  },
  SLIPWAY_RELEASE_TOO_MANY: {
    message:
      'the repository has too many releases: their list takes {sizeBytes} bytes, and hosts take {limitBytes}',
    next: 'Let old releases go with --keep.',
  },
  SLIPWAY_RELEASE_REPOSITORY_MISSING: {
    message: '{directory} is not a repository of releases: {reason}',
    next: 'Make a release with slipway release create, or name the repository with --repository.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_REPOSITORY_DAMAGED: {
    message: 'the repository’s file {file} cannot be used: {reason}',
    next: 'Restore the repository from the published directory or a backup, then try again.',
  },
  SLIPWAY_RELEASE_KEYS_OTHER: {
    message: 'the keys in {directory} are not those of the repository {repository}: {reason}',
    next: 'Name the directory that has the newest root of this repository with --keys.',
    exitStatus: 2,
  },
  SLIPWAY_RELEASE_DIRECTORY_OTHER: {
    message: '{directory} cannot be published into: {reason}',
    next: 'Name an empty directory, or the one that this repository was published into before.',
    exitStatus: 2,
  },
})
