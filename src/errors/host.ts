import { defineErrors } from './error.ts'

/** Errors of the host's own housekeeping. */
export const hostErrors = defineErrors({
  SLIPWAY_HOST_DISK_IDENTITY: {
    message: 'the disk {disk} could not be given UUIDs of its own: {reason}',
    next: 'The host runs as it is; the next boot tries again. Do not attach another disk of the same image until it succeeded.',
  },
  SLIPWAY_HOST_RESET_NOT_REQUESTED: {
    message: 'the reset could not be asked for: {reason}',
    next: 'Nothing was erased. Boot once with `systemd.factory_reset=yes` on the kernel command line instead.',
  },
})
