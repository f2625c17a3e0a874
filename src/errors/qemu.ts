import { defineErrors } from './error.ts'

/** Errors of starting, watching and stopping virtual machines. */
export const qemuErrors = defineErrors({
  SLIPWAY_QEMU_PROGRAM_MISSING: {
    message: 'the program {program} is missing',
    next: 'Install the package that brings it: apt-get install {package}',
  },
  SLIPWAY_QEMU_FIRMWARE_MISSING: {
    message: 'no UEFI firmware found; looked for {paths}',
    next: 'Install the package that brings it: apt-get install ovmf',
  },
  SLIPWAY_QEMU_OPTION_INVALID: {
    message: 'the virtual machine {name} cannot be started as asked:\n{problems}',
    next: 'Correct these options.',
    exitStatus: 2,
  },
  SLIPWAY_QEMU_DISK_FAILED: {
    message: 'the disk overlay {overlay} over {image} cannot be made: {output}',
    next: 'Check that the image is there, has the format named, and that there is space for the overlay.',
  },
  SLIPWAY_QEMU_START_FAILED: {
    message: 'QEMU did not start {name} ({how}): {output}',
    next: 'The output above is QEMU’s own.',
  },
  SLIPWAY_QEMU_TPM_FAILED: {
    message: 'the TPM of the virtual machine did not start: {output}',
    next: 'The output above is swtpm’s own.',
  },
  SLIPWAY_QEMU_PORT_TAKEN: {
    message: 'the port forward {forward} of {name} cannot be set up: the address is in use',
    next: 'End the program that listens there, or choose another host port (0 picks a free one).',
  },
  SLIPWAY_QEMU_TROUBLE: {
    message: 'the console of {name} shows a sign of trouble ({sign}): {line}\n{log}',
    next: 'The lines above are the last ones of the console.',
  },
  SLIPWAY_QEMU_WAIT_TIMEOUT: {
    message: '{name}: no {what} within {timeoutMs} ms\n{log}',
    next: 'The lines above are the last ones of the console.',
  },
  SLIPWAY_QEMU_EXITED: {
    message: '{name} ended ({how}) while waiting for {what}\n{log}',
    next: 'The lines above are the last ones of the console.',
  },
  SLIPWAY_QEMU_TIME_LIMIT: {
    message: '{name} was ended after its time limit of {timeLimitMs} ms\n{log}',
    next: 'The lines above are the last ones of the console.',
  },
  SLIPWAY_QEMU_COMMAND_FAILED: {
    message: 'QEMU refused {command}: {reason}',
  },
  SLIPWAY_QEMU_PROTOCOL: {
    message: 'QEMU’s monitor sent something that is not QMP: {text}',
  },
  SLIPWAY_QEMU_DISCONNECTED: {
    message: 'the connection to QEMU’s monitor is closed; {command} cannot be carried out',
  },
  SLIPWAY_QEMU_ACCELERATION_UNKNOWN: {
    message: 'SLIPWAY_ACCEL is "{value}", which is no acceleration',
    next: 'Set it to kvm or tcg, or unset it to let a probe decide.',
    exitStatus: 2,
  },
})
