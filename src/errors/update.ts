import { defineErrors } from './error.ts'

/** Errors of the host's updates. */
export const updateErrors = defineErrors({
  // Metadata: what the server says, and whether it is to be believed. Nothing of what is refused is kept.
  SLIPWAY_UPDATE_METADATA_EXPIRED: {
    message: '{file} of {server} expired; this host’s clock says {now}',
    next: 'If the clock is right, the server holds back newer metadata, or its timestamp was not refreshed (slipway release refresh).',
  },
  SLIPWAY_UPDATE_METADATA_ROLLBACK: {
    message: '{file} of {server} is older than what this host has seen: {reason}',
    next: 'Ask those who run the server whether they restored an old backup; otherwise somebody replays old releases.',
  },
  SLIPWAY_UPDATE_METADATA_MIXED: {
    message: '{file} of {server} does not belong to the metadata that lists it: {reason}',
    next: 'Check again later: a cache on the way may mix old and new. If it persists, publish the repository anew.',
  },
  SLIPWAY_UPDATE_METADATA_WRONG_KEY: {
    message: '{file} of {server} is not signed by a key that this host trusts',
    next: 'Check that the server’s address is that of the repository whose root this image carries.',
  },
  SLIPWAY_UPDATE_METADATA_THRESHOLD: {
    message: '{file} of {server} is signed by {found} trusted keys, but {needed} are needed',
    next: 'Those who hold the keys must sign it: see the guide on keys.',
  },
  SLIPWAY_UPDATE_ROOT_ROTATION_BROKEN: {
    message: '{file} of {server} does not follow the root that this host trusts: {reason}',
    next: 'Publish the repository’s own roots, each signed by the one before it; a host without a chain to them needs a new image.',
  },
  SLIPWAY_UPDATE_METADATA_INVALID: {
    message: '{file} of {server} is no metadata: {reason}',
    next: 'Check that the address leads to a repository of releases, and not to another server’s pages.',
  },
  SLIPWAY_UPDATE_TOO_LARGE: {
    message: '{file} of {server} is larger than {limitBytes} bytes',
    next: 'Check that the address leads to a repository of releases; the limit is fixed.',
  },
  SLIPWAY_UPDATE_ROOT_UNUSABLE: {
    message: 'the root that this host starts its trust from, {file}, cannot be used: {reason}',
    next: 'The image was built with a wrong file: build it with a root that slipway keys made.',
  },
  SLIPWAY_UPDATE_CLOCK_BEHIND: {
    message: 'this host’s clock says {now}, but {what} is from {signedAt}',
    next: 'Set the clock (timedatectl): a clock that is behind would take expired metadata for valid.',
  },
  SLIPWAY_UPDATE_CACHE_FAILED: {
    message: 'what the server said cannot be kept in {directory}: {reason}',
    next: 'See to the space and the state of the root file system: without it this host could be rolled back.',
  },
  // The server and the way to it.
  SLIPWAY_UPDATE_SERVER_UNREACHABLE: {
    message: '{server} cannot be reached: {reason}',
    next: 'Check the address, the network and the name servers of this host.',
  },
  SLIPWAY_UPDATE_SERVER_SLOW: {
    message: '{server} sends {file} too slowly, or never ends: {reason}',
    next: 'Check the network and the server. What was downloaded of a release is kept.',
  },
  SLIPWAY_UPDATE_SERVER_FAILED: {
    message: '{server} answered {status} to the request for {file}',
    next: 'Ask those who run the server; this host tries again later.',
  },
  SLIPWAY_UPDATE_REDIRECT_REFUSED: {
    message: '{server} redirects {file} to {target}, which is refused: {reason}',
    next: 'Ask those who run the server, or set the address that it redirects to.',
  },
  SLIPWAY_UPDATE_NOT_FOUND: {
    message: '{server} does not have {file}',
    next: 'Check the address; if it is right, publish the repository again: the server’s copy is not complete.',
  },
  // Targets: descriptions, and the files of releases.
  SLIPWAY_UPDATE_TARGET_UNKNOWN: {
    message: 'the releases of {server} have no {target}',
    next: 'Check the names of channel and image in the settings, and what slipway release list shows.',
  },
  SLIPWAY_UPDATE_DESCRIPTION_INVALID: {
    message: '{target} of {server} cannot be used: {reason}',
    next: 'It is signed, so those who make the releases wrote it: make the release again.',
  },
  SLIPWAY_UPDATE_FORMAT_UNKNOWN: {
    message: '{target} of {server} has format version {formatVersion}; this host knows 1',
    next: 'This host is too old for these releases: release a version in between as a floor, or install a newer image.',
  },
  SLIPWAY_UPDATE_TARGET_DAMAGED: {
    message: '{target} of {server} has other content than was signed: its SHA-256 is {actual}',
    next: 'Download it again from the start; if it persists, publish the repository again.',
  },
  SLIPWAY_UPDATE_TARGET_WRONG_LENGTH: {
    message: '{target} of {server} should have {sizeBytes} bytes, but has {actual}',
    next: 'Publish the repository again: the server’s copy is not what was signed.',
  },
  SLIPWAY_UPDATE_TRANSFER_BROKEN: {
    message: 'the download of {target} from {server} broke off {attempts} times: {reason}',
    next: 'Check the network; the download goes on where it stopped.',
  },
  // End of the metadata client's errors.
})
