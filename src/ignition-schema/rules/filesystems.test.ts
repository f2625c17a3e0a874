import type { Version } from '../index.ts'
import { type Case, storageWith, testRules } from '../testing/cases.ts'

const at = '$.storage.filesystems.0'

function withFilesystem(filesystem: object, version?: Version) {
  return storageWith({ filesystems: [{ device: '/dev/a', ...filesystem }] }, version)
}

const formats: readonly Case[] = [
  ...['ext4', 'btrfs', 'xfs', 'vfat', 'swap'].map(
    (format): Case => [
      `${format} is a format of every version`,
      withFilesystem({ format }, '3.0.0'),
      [],
    ],
  ),
  [
    'none is a format since 3.3.0: before',
    withFilesystem({ format: 'none' }, '3.2.0'),
    [`error IGNITION_FILESYSTEM_FORMAT ${at}.format`],
  ],
  ['none is a format since 3.3.0', withFilesystem({ format: 'none' }, '3.3.0'), []],
  [
    'virtiofs is no format yet',
    withFilesystem({ format: 'virtiofs' }),
    [`error IGNITION_FILESYSTEM_FORMAT ${at}.format`],
  ],
  ['a filesystem by its device alone does nothing', withFilesystem({}), []],
  ...[
    { path: '/a' },
    { uuid: 'x' },
    { wipeFilesystem: true },
    { options: ['-x'] },
    { mountOptions: ['ro'] },
  ].map(
    (field): Case => [
      `without a format there is no ${Object.keys(field).join()}`,
      withFilesystem(field),
      [`error IGNITION_FILESYSTEM_FORMAT_REQUIRED ${at}.format`],
    ],
  ),
  [
    'without a format there is no label',
    withFilesystem({ label: 'a' }),
    [
      `error IGNITION_FILESYSTEM_FORMAT_REQUIRED ${at}.format`,
      `error IGNITION_FILESYSTEM_LABEL_FORMAT ${at}.label`,
    ],
  ],
]

const longest = { ext4: 16, btrfs: 256, xfs: 12, swap: 15, vfat: 11 }

const labels: readonly Case[] = Object.entries(longest).flatMap(([format, maximum]): Case[] => [
  [
    `a label of ${format} has up to ${maximum} bytes`,
    withFilesystem({ format, label: 'x'.repeat(maximum) }),
    [],
  ],
  [
    `a label of ${format} has no more than ${maximum} bytes`,
    withFilesystem({ format, label: 'x'.repeat(maximum + 1) }),
    [`error IGNITION_FILESYSTEM_LABEL_LENGTH ${at}.label`],
  ],
])

const places: readonly Case[] = [
  [
    'the device of a filesystem is a clean absolute path',
    withFilesystem({ device: '/dev/../a' }),
    [`error IGNITION_PATH_NOT_CLEAN ${at}.device`],
  ],
  [
    'a filesystem has a device',
    withFilesystem({ device: '' }),
    [`error IGNITION_PATH_EMPTY ${at}.device`],
  ],
  [
    'a mount point is a clean absolute path',
    withFilesystem({ format: 'ext4', path: 'a' }),
    [`error IGNITION_PATH_RELATIVE ${at}.path`],
  ],
  ['an empty mount point is none', withFilesystem({ format: 'ext4', path: '' }), []],
  ['swap has no mount point', withFilesystem({ format: 'swap' }), []],
  [
    'a device has one filesystem',
    storageWith({ filesystems: [{ device: '/dev/a' }, { device: '/dev/a' }] }),
    ['error IGNITION_DUPLICATE $.storage.filesystems.1.device'],
  ],
  [
    'options may be there twice',
    withFilesystem({ format: 'ext4', options: ['a', 'a'], mountOptions: ['b', 'b'] }),
    [],
  ],
  [
    'mount options came with 3.1.0',
    withFilesystem({ mountOptions: ['ro'] }, '3.0.0'),
    [`warning IGNITION_KEY_NEWER ${at}.mountOptions`],
  ],
]

function withDisk(disk: object, filesystem: object) {
  return storageWith({
    disks: [{ device: '/dev/a', ...disk }],
    filesystems: [{ device: '/dev/a', format: 'ext4', ...filesystem }],
  })
}

const disks: readonly Case[] = [
  [
    'a filesystem on a disk with partitions overwrites them',
    withDisk({ partitions: [{ number: 1 }] }, {}),
    [`warning IGNITION_FILESYSTEM_OVER_PARTITIONS ${at}.device`],
  ],
  [
    'wipeTable wipes a filesystem that is to be kept',
    withDisk({ wipeTable: true }, {}),
    [`warning IGNITION_FILESYSTEM_WIPED ${at}.device`],
  ],
  [
    'wipeTable does not matter to one that is wiped anyway',
    withDisk({ wipeTable: true }, { wipeFilesystem: true }),
    [],
  ],
  ['a disk that is left alone may have a filesystem', withDisk({ wipeTable: false }, {}), []],
]

testRules([...formats, ...labels, ...places, ...disks])
