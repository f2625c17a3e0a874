import { defineErrors } from './error.ts'

const askForImage = 'Reinstall the host from an image of the newest release.'
const tryAgain = 'The slot stays invalid and the host boots what it booted before. Try again.'

/** Errors of writing an update to the disk: the free slot, the ESP, the boot loader. */
export const updateSlotErrors = defineErrors({
  SLIPWAY_UPDATE_SLOT_NO_ROOT_HASH: {
    message: 'The kernel’s command line has no usrhash= of 64 hexadecimal digits: {commandLine}',
    next: 'Updates need a host that was booted by its own UKI, with /usr under dm-verity.',
  },
  SLIPWAY_UPDATE_SLOT_DISK_UNKNOWN: {
    message: 'The disk that holds the running /usr was not found: {reason}',
    next: 'Updates need a host whose /usr is a partition under dm-verity.',
  },
  SLIPWAY_UPDATE_SLOT_TABLE_UNREADABLE: {
    message: 'The partition table of {disk} cannot be used: {reason}',
    next: 'Look at it with sfdisk --verify {disk}. Nothing was written.',
  },
  SLIPWAY_UPDATE_SLOT_TABLE_NOT_WRITTEN: {
    message: 'The partition table of {disk} could not be changed: {reason}',
    next: 'The host boots what it booted before. Look at the health of the disk.',
  },
  SLIPWAY_UPDATE_SLOT_KERNEL_DIFFERS: {
    message: 'The kernel has {node} at other sectors than the partition table of {disk} says.',
    next: 'Reboot, so that the kernel reads the table anew. Nothing was written.',
  },
  SLIPWAY_UPDATE_SLOT_ORDER: {
    message:
      'The slots of {disk} are not usr, usr-verity and usr-verity-sig one after the other: {found}',
    next: askForImage,
  },
  SLIPWAY_UPDATE_SLOT_COUNT: {
    message: '{disk} has {count} slots; an update needs two.',
    next: 'A missing second slot is made by systemd-repart at the next boot; a third one is not ours: remove it.',
  },
  SLIPWAY_UPDATE_SLOT_RUNNING_MISSING: {
    message: 'No slot of {disk} has the UUIDs of the running root hash {rootHash}.',
    next: 'Reboot the host; if that does not help, reinstall it.',
  },
  SLIPWAY_UPDATE_SLOT_RUNNING_TWICE: {
    message: 'The UUIDs of the running root hash are on more than one partition of {disk}: {nodes}',
    next: 'Give the copies other UUIDs with sfdisk --part-uuid.',
  },
  SLIPWAY_UPDATE_SLOT_LABEL_TWICE: {
    message: 'Both slots of {disk} have the label "{label}".',
    next: 'Label the slot that does not run "_empty" with sfdisk --part-label.',
  },
  SLIPWAY_UPDATE_SLOT_REFUSED: {
    message: 'The release {version} cannot be installed:\n{refusals}',
    next: 'Nothing was written.',
  },
  SLIPWAY_UPDATE_SLOT_OTHER_IMAGE: {
    message: 'The release is of the image "{image}", the host runs "{runningImage}".',
    next: 'Point the host to a channel of its own image.',
  },
  SLIPWAY_UPDATE_SLOT_OTHER_ARCHITECTURE: {
    message: 'The release is for {architecture}, the host is {runningArchitecture}.',
    next: 'Point the host to a channel of its own architecture.',
  },
  SLIPWAY_UPDATE_SLOT_SAME_RELEASE: {
    message: 'The host already runs {version}, or another release with the same /usr.',
    next: 'Publish the change under a new version: a slot is named by its content.',
  },
  SLIPWAY_UPDATE_SLOT_DOWNGRADE: {
    message: 'The release {version} is older than {runningVersion}, which runs.',
    next: 'Allow the downgrade expressly if it is wanted.',
  },
  SLIPWAY_UPDATE_SLOT_FLOOR: {
    message: 'The release {version} may not be reached from {runningVersion} without {floor}.',
    next: 'Install {floor} first.',
  },
  SLIPWAY_UPDATE_SLOT_VERSION_UNUSABLE: {
    message: 'The version "{version}" cannot name a slot and a boot entry: {reason}',
    next: 'Publish the release under another version.',
  },
  SLIPWAY_UPDATE_SLOT_DESCRIPTION_UNUSABLE: {
    message: 'The description of the release {version} cannot be used: {reason}',
    next: 'Make the release anew.',
  },
  SLIPWAY_UPDATE_SLOT_TOO_SMALL: {
    message: '{content} takes {contentMiB} MiB; the partition {node} has {partitionMiB} MiB.',
    next: 'Publish a smaller release, or reinstall the host with larger slots.',
  },
  SLIPWAY_UPDATE_SLOT_UNPROVEN: {
    message: 'The running release {runningVersion} was not yet found good ({file}).',
    next: 'Wait until its boot is complete: the other slot is what the host would fall back to.',
  },
  SLIPWAY_UPDATE_SLOT_NOT_WRITTEN: {
    message: '{content} could not be written to {node}: {reason}',
    next: tryAgain,
  },
  SLIPWAY_UPDATE_SLOT_JOURNAL_NOT_WRITTEN: {
    message: 'How far the update is could not be noted in {path}: {reason}',
    next: 'Make room on the root partition. The host boots what it booted before.',
  },
  SLIPWAY_UPDATE_SLOT_LENGTH: {
    message: '{content} has {actualBytes} bytes instead of {expectedBytes}.',
    next: tryAgain,
  },
  SLIPWAY_UPDATE_SLOT_DIGEST: {
    message: '{content} has the SHA-256 {actual} instead of {expected}.',
    next: tryAgain,
  },
  SLIPWAY_UPDATE_SLOT_READ_BACK: {
    message: 'What {node} gives back is not what was written: {reason}',
    next: 'The slot stays invalid. When it happens again, replace the disk.',
  },
  SLIPWAY_UPDATE_ESP_MISSING: {
    message: '{disk} has {count} EFI system partitions instead of one.',
    next: askForImage,
  },
  SLIPWAY_UPDATE_ESP_TOO_SMALL: {
    message: 'The UKI takes {neededKiB} KiB in {directory}; there are {availableKiB} KiB.',
    next: 'Remove files that are not of the host from {directory}.',
  },
  SLIPWAY_UPDATE_ESP_RUNNING_MISSING: {
    message: 'No boot entry in {directory} has the running root hash {rootHash}.',
    next: 'Put the UKI of the running release back before the other slot is given up.',
  },
  SLIPWAY_UPDATE_ESP_RUNNING_KEPT: {
    message: 'The boot entry {file} is of the running release and stays.',
    next: 'Boot another release first.',
  },
  SLIPWAY_UPDATE_ESP_NOT_WRITTEN: {
    message: '{file} could not be written: {reason}',
    next: 'The host boots what it booted before. Look at the space and the health of the ESP.',
  },
  SLIPWAY_UPDATE_ESP_READ_BACK: {
    message: 'What {file} gives back is not what was written.',
    next: 'The host boots what it booted before. When it happens again, replace the disk.',
  },
  SLIPWAY_UPDATE_ESP_NOT_THE_UKI: {
    message: 'The UKI of the release {version} cannot boot it: {reason}',
    next: 'Make the release anew. The host boots what it booted before.',
  },
  SLIPWAY_UPDATE_ESP_NO_BOOT_LOADER: {
    message: 'The file to update the boot loader from cannot be used: {reason}',
    next: 'The boot loader stays as it is.',
  },
})
