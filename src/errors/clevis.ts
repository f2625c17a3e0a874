import { defineErrors } from './error.ts'

/** Errors of volumes that tang servers or shares in a TPM open; they reach the reader on the host's console. */
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
    message: 'it takes {wanted} of what the volume is bound to, and too few can open it: {reasons}',
    next: 'What each of them lacks is said above; a server that is only away is waited for.',
  },
  SLIPWAY_TPM_MISSING: {
    message: 'this machine has no TPM 2.0: there is no {device}',
    next: 'Switch it on in the firmware’s settings, or give one to the virtual machine. The volume opens without it where its other openers are enough.',
  },
  SLIPWAY_TPM_FOREIGN: {
    message:
      'what opens the volume was sealed by another TPM, or by this one before it was cleared',
    next: 'Bring the disk back to its machine, or open the volume by its other openers and bind it again.',
  },
  SLIPWAY_TPM_REGISTERS: {
    message: 'the TPM keeps what opens the volume, since its registers are not as they were',
    next: 'Boot what the volume was bound under, or open it by its other openers and bind it again.',
  },
  SLIPWAY_TPM_REFUSED: {
    message: 'the TPM refuses {command}: {reason}',
    next: 'Look the code up in part 2 of the TPM 2.0 library specification, or with `tpm2_rc_decode`.',
  },
  SLIPWAY_TPM_SILENT: {
    message: 'the TPM does not answer {command}: {reason}',
    next: 'Look at the kernel’s log for what it says of the TPM; a power cycle resets one that hangs.',
  },
})
