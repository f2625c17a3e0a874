import { type Case, storageWith, testRules } from '../testing/cases.ts'

const at = '$.storage.disks.0'

function withPartitions(...partitions: object[]) {
  return storageWith({ disks: [{ device: '/dev/a', partitions }] })
}

function withPartition(partition: object) {
  return withPartitions({ number: 1, ...partition })
}

const disks: readonly Case[] = [
  [
    'a disk has a device',
    storageWith({ disks: [{ device: '' }] }),
    [`error IGNITION_DEVICE_REQUIRED ${at}.device`],
  ],
  [
    'the device of a disk is an absolute path',
    storageWith({ disks: [{ device: 'sda' }] }),
    [`error IGNITION_PATH_RELATIVE ${at}.device`],
  ],
  [
    'a disk is declared once',
    storageWith({ disks: [{ device: '/dev/a' }, { device: '/dev/a' }] }),
    ['error IGNITION_DUPLICATE $.storage.disks.1.device'],
  ],
]

const names: readonly Case[] = [
  [
    'a partition has a number or a label',
    withPartitions({ number: 1 }, { label: 'a' }, { number: 0, label: 'b' }),
    [],
  ],
  [
    'number 0 without a label names no partition',
    withPartitions({ number: 0 }, {}),
    [
      `error IGNITION_PARTITION_UNNAMED ${at}.partitions.0`,
      `error IGNITION_PARTITION_UNNAMED ${at}.partitions.1`,
    ],
  ],
  [
    'a number is there once',
    withPartitions({ number: 1, label: 'a' }, { number: 1, label: 'b' }),
    [`error IGNITION_PARTITION_NUMBERS ${at}.partitions.1`],
  ],
  ['number 0 may be there often', withPartitions({ number: 0, label: 'a' }, { label: 'b' }), []],
  [
    'a label is there once on a disk, whatever the numbers',
    withPartitions({ number: 1, label: 'a' }, { label: 'a' }),
    [`error IGNITION_PARTITION_LABELS ${at}.partitions.1`],
  ],
  [
    'two disks may have a label and a number in common',
    storageWith({
      disks: [
        { device: '/dev/a', partitions: [{ number: 1, label: 'a' }] },
        { device: '/dev/b', partitions: [{ number: 1, label: 'a' }] },
      ],
    }),
    [],
  ],
  ['a label has up to 36 bytes', withPartition({ label: 'x'.repeat(36) }), []],
  [
    'a label has no more than 36 bytes',
    withPartition({ label: 'x'.repeat(37) }),
    [`error IGNITION_PARTITION_LABEL_LENGTH ${at}.partitions.0.label`],
  ],
  [
    'bytes of a label count, not characters',
    withPartition({ label: 'ä'.repeat(19) }),
    [`error IGNITION_PARTITION_LABEL_LENGTH ${at}.partitions.0.label`],
  ],
  [
    'a label has no colon',
    withPartition({ label: 'a:b' }),
    [`error IGNITION_PARTITION_LABEL_COLON ${at}.partitions.0.label`],
  ],
]

const guid = '01234567-89AB-cdef-EDCB-A98765432101'

const content: readonly Case[] = [
  ['a GUID is one in either case', withPartition({ guid, typeGuid: guid.toLowerCase() }), []],
  ['an empty GUID is none', withPartition({ guid: '', typeGuid: '' }), []],
  [
    'a GUID has its form',
    withPartition({ guid: 'x', typeGuid: guid.slice(1) }),
    [
      `error IGNITION_GUID ${at}.partitions.0.guid`,
      `error IGNITION_GUID ${at}.partitions.0.typeGuid`,
    ],
  ],
  ['a partition that shall not exist has a number', withPartition({ shouldExist: false }), []],
  ...[{ label: 'a' }, { guid }, { typeGuid: guid }, { startMiB: 0 }, { sizeMiB: 0 }].map(
    (field): Case => [
      `a partition that shall not exist has no ${Object.keys(field).join()}`,
      withPartition({ shouldExist: false, ...field }),
      [`error IGNITION_PARTITION_ABSENT ${at}.partitions.0`],
    ],
  ),
  [
    'a partition that shall not exist may be wiped, resized, or have an empty GUID',
    withPartition({ shouldExist: false, wipePartitionEntry: true, resize: true, guid: '' }),
    [],
  ],
  [
    'resize came with 3.2.0',
    storageWith(
      { disks: [{ device: '/dev/a', partitions: [{ number: 1, resize: true }] }] },
      '3.1.0',
    ),
    [`warning IGNITION_KEY_NEWER ${at}.partitions.0.resize`],
  ],
]

function overlapping(about: string, first: [number, number], second: [number, number]): Case {
  const [[startMiB, sizeMiB], [otherStart, otherSize]] = [first, second]
  return [
    `partitions must not overlap: ${about}`,
    withPartitions(
      { number: 1, startMiB, sizeMiB },
      { number: 2, startMiB: otherStart, sizeMiB: otherSize },
    ),
    [`error IGNITION_PARTITIONS_OVERLAP ${at}.partitions.1`],
  ]
}

function apart(about: string, first: object, second: object): Case {
  return [about, withPartitions({ number: 1, ...first }, { number: 2, ...second }), []]
}

const places: readonly Case[] = [
  overlapping('the second begins in the first', [1, 10], [10, 10]),
  overlapping('the second ends in the first', [10, 10], [1, 10]),
  overlapping('the second is in the first', [1, 100], [10, 10]),
  overlapping('the second surrounds the first', [10, 10], [1, 100]),
  overlapping('they are the same', [10, 10], [10, 10]),
  overlapping('the one that takes the rest begins in the other', [1, 10], [5, 0]),
  apart(
    'a partition may follow another at once',
    { startMiB: 1, sizeMiB: 10 },
    { startMiB: 11, sizeMiB: 10 },
  ),
  apart(
    'a start of 0 is where there is room',
    { startMiB: 1, sizeMiB: 10 },
    { startMiB: 0, sizeMiB: 10 },
  ),
  apart('a start that is not set is unknown', { startMiB: 1, sizeMiB: 10 }, { sizeMiB: 10 }),
  apart('a size that is not set is unknown', { startMiB: 1, sizeMiB: 10 }, { startMiB: 5 }),
]

testRules([...disks, ...names, ...content, ...places])
