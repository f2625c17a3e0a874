import type { Version } from '../index.ts'
import { type Case, storageWith, testRules } from '../testing/cases.ts'

const at = '$.storage.raid.0'
const devices = ['/dev/a', '/dev/b']

function withRaid(raid: object, version?: Version) {
  return storageWith({ raid: [{ name: 'r', level: 'raid1', devices, ...raid }] }, version)
}

const spareless = ['linear', 'raid0', '0', 'stripe']
const others = ['raid1', '1', 'mirror', 'raid4', '4', 'raid5', '5', 'raid6', '6', 'raid10', '10']

const cases: readonly Case[] = [
  ...others.map((level): Case => [`${level} has spares`, withRaid({ level, spares: 1 }), []]),
  ...spareless.map(
    (level): Case => [
      `${level} has no spares`,
      withRaid({ level, spares: 1 }),
      [`error IGNITION_RAID_SPARES ${at}.level`],
    ],
  ),
  ...spareless.map(
    (level): Case => [`${level} may say that it has 0 spares`, withRaid({ level, spares: 0 }), []],
  ),
  [
    'no other level is known',
    withRaid({ level: 'raid7' }),
    [`error IGNITION_RAID_LEVEL ${at}.level`],
  ],
  [
    'an array has a level',
    storageWith({ raid: [{ name: 'r', devices }] }),
    [`error IGNITION_RAID_LEVEL_REQUIRED ${at}.level`],
  ],
  [
    'up to 3.2.0 the type said so',
    storageWith({ raid: [{ name: 'r', devices }] }, '3.2.0'),
    [`error IGNITION_KEY_MISSING ${at}`],
  ],
  [
    'up to 3.2.0 an empty level was an unknown one',
    withRaid({ level: '' }, '3.2.0'),
    [`error IGNITION_RAID_LEVEL ${at}.level`],
  ],
  [
    'an array has devices',
    withRaid({ devices: [] }),
    [`error IGNITION_RAID_DEVICES ${at}.devices`],
  ],
  [
    'an array says what its devices are',
    storageWith({ raid: [{ name: 'r', level: 'raid1' }] }),
    [`error IGNITION_RAID_DEVICES ${at}.devices`],
  ],
  [
    'devices of an array are absolute paths',
    withRaid({ devices: ['sda', '/dev/b'] }),
    [`error IGNITION_PATH_RELATIVE ${at}.devices.0`],
  ],
  [
    'an array has each device once',
    withRaid({ devices: ['/dev/a', '/dev/a'] }),
    [`error IGNITION_DUPLICATE ${at}.devices.1`],
  ],
  ['options of an array may be there twice', withRaid({ options: ['a', 'a'] }), []],
  [
    'an array is declared once',
    storageWith({
      raid: [
        { name: 'r', level: '1', devices },
        { name: 'r', level: '1', devices },
      ],
    }),
    ['error IGNITION_DUPLICATE $.storage.raid.1.name'],
  ],
]

testRules(cases)
