import { defineErrors } from './error.ts'

/** Errors of volumes that tang servers open; they reach the reader on the host's console. */
export const clevisErrors = defineErrors({
  SLIPWAY_TANG_ADVERTISEMENT: {
    message: 'what {url} advertises cannot be used: {reason}',
    next: 'Look at the address: a tang server answers below /adv with its keys, signed. An advertisement in a config is that answer as it is.',
  },
  SLIPWAY_TANG_THUMBPRINT: {
    message: '{url} is not known by the key {thumbprint}; it signs with {advertised}',
    next: 'If its keys were rotated, put a thumbprint that `tang-show-keys` prints on the server into the config. Otherwise somebody else answers there.',
  },
  SLIPWAY_TANG_KEY_GONE: {
    message: '{url} has the key {kid} no more, to which the volume is bound',
    next: 'Bring the key back from a copy: rotated keys must stay in the server’s folder, hidden, as long as a volume is bound to them.',
  },
  SLIPWAY_TANG_ANSWER: {
    message: 'the answer of {url} does not open the volume: {reason}',
    next: 'Look at who answers at this address, and at proxies between.',
  },
  SLIPWAY_CLEVIS_SECRET: {
    message: 'a token of the volume cannot be read: {reason}',
    next: 'Open the volume by another key, if there is one, and bind it again.',
  },
  SLIPWAY_CLEVIS_TOO_FEW: {
    message: 'the volume takes {wanted} of its tang servers, and too few can open it: {reasons}',
    next: 'What each server lacks is said above; one that is only away is waited for.',
  },
})
