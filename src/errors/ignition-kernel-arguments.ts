import { defineErrors } from './error.ts'

/** Errors of changing the kernel's arguments at first boot; they reach the reader on the host's console. */
export const kernelArgumentsErrors = defineErrors({
  SLIPWAY_IGNITION_KARGS_SECURE_BOOT: {
    message:
      'the config asks for kernel arguments, and this machine’s Secure Boot takes only signed ones: they would be ignored',
    next: 'Put the arguments into kernel.commandLine of the image definition, take them out of the config, or switch Secure Boot off.',
  },
  SLIPWAY_IGNITION_KARGS_NO_BOOT_LOADER: {
    message: 'the kernel’s arguments cannot be changed: {reason}',
    next: 'Boot the image by its own boot loader on UEFI firmware, or give the arguments where this machine’s kernel is started, and take them out of the config.',
  },
  SLIPWAY_IGNITION_KARGS_NO_STUB: {
    message: 'the image has no {file}, which kernel arguments of a config need',
    next: 'Build the image with this file under strip.files in its definition.',
  },
  SLIPWAY_IGNITION_KARGS_STILL_MISSING: {
    message:
      'the machine was rebooted with the add-on for "{arguments}", and its kernel was not started with that: {commandLine}',
    next: 'The firmware or boot loader does not load add-ons; put the arguments into kernel.commandLine of the image definition.',
  },
  SLIPWAY_IGNITION_KARGS_NO_REBOOT: {
    message: 'the machine did not reboot within {seconds} s, which its new kernel arguments need',
    next: 'Reset the machine: its next boot has the arguments, and goes on with the config.',
  },
})
