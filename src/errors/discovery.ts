import { defineErrors } from './error.ts'

export const discoveryErrors = defineErrors({
  SLIPWAY_DISCOVERY_NO_SUCH_SERVICE: {
    message: 'No container of this host offers the service {name}.',
    next: 'See `slipctl discover` for those that there are.',
  },
  SLIPWAY_DISCOVERY_UNREACHABLE: {
    message: '{address} does not answer: {reason}',
    next: 'Look whether it runs there; it is asked again by itself.',
  },
  SLIPWAY_DISCOVERY_REFUSED: {
    message: '{address} answered {what} by {status}: {reason}',
  },
  SLIPWAY_DISCOVERY_ANSWER_INVALID: {
    message: '{address} gave an answer that cannot be: {reason}',
    next: 'Look whether discovery.address is that of the kind that discovery.kind names.',
  },
  SLIPWAY_DISCOVERY_FILE: {
    message: 'The file {file} cannot be read: {reason}',
    next: 'Write it, or correct the settings; it is read again by itself.',
  },
})
