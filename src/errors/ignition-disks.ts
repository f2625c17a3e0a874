import { defineErrors } from './error.ts'

/** Errors of laying out disks at first boot; they reach the reader on the host's console. */
export const ignitionDiskErrors = defineErrors({
  SLIPWAY_IGNITION_DISKS_REFUSED: {
    message:
      'the disks are not as the config needs them ({count}); what they hold was left as it is',
    next: 'Change the config to what is there, or set the wipe field that the message names, which loses the data; then boot again.',
  },
  SLIPWAY_IGNITION_DEVICE_MISSING: {
    message: '{device} did not appear within {seconds} s',
    next: 'Attach the disk, or correct the path; names such as /dev/disk/by-id/… stay the same from boot to boot.',
  },
  SLIPWAY_IGNITION_PROGRAM_MISSING: {
    message: 'this image has no {program}, which this part of the config needs',
    next: 'Build the image with {remedy} in its definition.',
  },
  SLIPWAY_IGNITION_PROGRAM_FAILED: {
    message: '{program} failed ({reason}): {output}',
    next: 'The output is the program’s own. The same config can be tried again: what was finished is kept.',
  },
  SLIPWAY_IGNITION_KERNEL_LACKS: {
    message: 'the kernel of this image cannot do {feature}: the module {module} is missing',
    next: 'Build the image with provisioning.{option}: true in its definition.',
  },
  SLIPWAY_IGNITION_PARTITION_UNSEEN: {
    message: 'the kernel sees partition {number} of {device} {seen}, and not {expected}',
    next: 'Boot again: the partition table is written, and the kernel reads it at its start.',
  },
  SLIPWAY_IGNITION_MOUNT_POINT: {
    message: '{path} cannot be mounted on: {reason}',
    next: 'Choose a path whose parents are directories, without links.',
  },
  SLIPWAY_IGNITION_VOLUME_NAME: {
    message: 'the name {name} is in use for another encrypted volume',
    next: 'Choose another name for the volume.',
  },
  SLIPWAY_IGNITION_ROOT_LOST: {
    message: 'root is not to be had from {device}: {reason}',
    next: 'Attach the disks that root was made on, in a machine whose TPM opens them; the host starts from no other root. A factory reset gives it up.',
  },
})
