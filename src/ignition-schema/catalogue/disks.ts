import { error, warning } from './definition.ts'

/** Disks, partitions, arrays and filesystems. */
export const diskProblems = {
  IGNITION_DEVICE_REQUIRED: error(
    'ErrDiskDeviceRequired',
    'the device is missing',
    'the path of a device, such as /dev/disk/by-id/…',
  ),
  IGNITION_PARTITION_NUMBERS: error(
    'ErrPartitionNumbersCollide',
    'partition {number} is declared twice',
    'each number once, or 0 for the next free one',
  ),
  IGNITION_PARTITION_LABELS: error(
    'ErrDuplicateLabels',
    'the label is there twice on this disk',
    'each label once',
  ),
  IGNITION_PARTITIONS_OVERLAP: error(
    'ErrPartitionsOverlap',
    'the partition overlaps partition {index} of the list, which is {from} to {to} MiB',
    'another startMiB or sizeMiB, or 0 for what is free',
  ),
  IGNITION_PARTITION_UNNAMED: error(
    'ErrNeedLabelOrNumber',
    'the partition has neither a number nor a label',
    'a number from 1, or a label',
  ),
  IGNITION_PARTITION_ABSENT: error(
    'ErrShouldNotExistWithOthers',
    'a partition that shall not exist has no label, type, GUID, start or size',
    'its number only',
  ),
  IGNITION_PARTITION_LABEL_LENGTH: error(
    'ErrLabelTooLong',
    'the label has {length} bytes',
    'at most 36',
  ),
  IGNITION_PARTITION_LABEL_COLON: error(
    'ErrLabelContainsColon',
    'the label would end before its colon',
    'a label without a colon',
  ),
  IGNITION_GUID: error(
    'ErrDoesntMatchGUIDRegex',
    'not a GUID',
    'a GUID such as 01234567-89AB-CDEF-EDCB-A98765432101',
  ),
  IGNITION_RAID_LEVEL_REQUIRED: error(
    'ErrRaidLevelRequired',
    'the level is missing',
    'one of {levels}',
  ),
  IGNITION_RAID_LEVEL: error('ErrUnrecognizedRaidLevel', 'unknown RAID level', 'one of {levels}'),
  IGNITION_RAID_SPARES: error(
    'ErrSparesUnsupportedForLevel',
    'an array of this level has no spares',
    'no spares, or a level from raid1',
  ),
  IGNITION_RAID_DEVICES: error('ErrRaidDevicesRequired', 'the array has no devices', 'devices'),
  IGNITION_FILESYSTEM_FORMAT: error(
    'ErrFilesystemInvalidFormat',
    'unknown filesystem format',
    'one of {formats}',
  ),
  IGNITION_FILESYSTEM_FORMAT_REQUIRED: error(
    'ErrFormatNilWithOthers',
    'the format is missing beside path, label, uuid, wipeFilesystem or options',
    'one of {formats}',
  ),
  IGNITION_FILESYSTEM_LABEL_FORMAT: error(
    'ErrLabelNeedsFormat',
    'a label without a format',
    'a format beside it',
  ),
  IGNITION_FILESYSTEM_LABEL_LENGTH: error(
    [
      'ErrExt4LabelTooLong',
      'ErrBtrfsLabelTooLong',
      'ErrXfsLabelTooLong',
      'ErrSwapLabelTooLong',
      'ErrVfatLabelTooLong',
    ],
    'the label has {length} bytes',
    'at most {maximum} for {format}',
  ),
  IGNITION_FILESYSTEM_OVER_PARTITIONS: warning(
    'ErrPartitionsOverwritten',
    'the filesystem overwrites the partitions that storage.disks makes on this device',
    'one of the partitions as device',
  ),
  IGNITION_FILESYSTEM_WIPED: warning(
    'ErrFilesystemImplicitWipe',
    'the filesystem is wiped, since wipeTable of the disk is true',
    'wipeFilesystem true, or wipeTable false',
  ),
}
