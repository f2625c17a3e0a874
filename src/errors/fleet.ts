import { defineErrors } from './error.ts'

/** Errors of the servers of a fleet. */
export const fleetErrors = defineErrors({
  SLIPWAY_FLEET_OPTION_INVALID: {
    message: '{option}: expected {expected}, found "{found}"',
    next: 'Correct the command line.',
    exitStatus: 2,
  },
  SLIPWAY_FLEET_LISTEN_FAILED: {
    message: 'Nothing can listen on {address}: {reason}',
    next: 'Choose another address, or stop the program that listens there.',
  },
  SLIPWAY_FLEET_TLS_INVALID: {
    message: 'The certificate {certificate} and the key {key} cannot be used: {reason}',
    next: 'Give a certificate and its own key, both PEM.',
    exitStatus: 2,
  },
  SLIPWAY_FLEET_LOCK_STATE_UNREADABLE: {
    message: 'The locks in {file} cannot be read: {reason}',
    next: 'Restore the file. If every host is up, remove it: a server without the file begins with no locks.',
  },
  SLIPWAY_FLEET_LOCK_STATE_IN_USE: {
    message: 'Another server already keeps its locks in {file}.',
    next: 'Stop it first, or name another file.',
  },
  SLIPWAY_FLEET_LOCK_NOT_RELEASED: {
    message: 'The server did not release the lock of {id} in {group}: {reason} ({kind})',
    next: 'Look at the server’s output.',
  },
})
