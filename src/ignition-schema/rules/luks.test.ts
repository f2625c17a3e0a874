import type { Version } from '../index.ts'
import { type Case, storageWith, testRules } from '../testing/cases.ts'

const at = '$.storage.luks.0'

function withLuks(luks: object, version?: Version) {
  return storageWith({ luks: [{ name: 'l', device: '/dev/a', ...luks }] }, version)
}

const volumes: readonly Case[] = [
  [
    'encrypted volumes came with 3.2.0',
    withLuks({}, '3.1.0'),
    ['warning IGNITION_KEY_NEWER $.storage.luks'],
  ],
  [
    'the name of a volume has no slash',
    withLuks({ name: 'a/b' }),
    [`error IGNITION_LUKS_NAME ${at}.name`],
  ],
  ['a label has up to 47 bytes', withLuks({ label: 'x'.repeat(47) }), []],
  [
    'a label has no more than 47 bytes',
    withLuks({ label: 'x'.repeat(48) }),
    [`error IGNITION_LUKS_LABEL_LENGTH ${at}.label`],
  ],
  [
    'a volume has a device',
    storageWith({ luks: [{ name: 'a' }, { name: 'b', device: '' }] }),
    [
      'error IGNITION_DEVICE_REQUIRED $.storage.luks.0.device',
      'error IGNITION_DEVICE_REQUIRED $.storage.luks.1.device',
    ],
  ],
  [
    'the device of a volume is a clean absolute path',
    withLuks({ device: '/dev/a/' }),
    [`error IGNITION_PATH_NOT_CLEAN ${at}.device`],
  ],
  [
    'a volume is declared once',
    storageWith({
      luks: [
        { name: 'a', device: '/dev/a' },
        { name: 'a', device: '/dev/b' },
      ],
    }),
    ['error IGNITION_DUPLICATE $.storage.luks.1.name'],
  ],
  ['options of cryptsetup may be there twice', withLuks({ options: ['a', 'a'] }), []],
  [
    'options of opening are there once',
    withLuks({ openOptions: ['a', 'a'] }),
    [`error IGNITION_DUPLICATE ${at}.openOptions.1`],
  ],
  [
    'discard and openOptions came with 3.4.0',
    withLuks({ discard: true, openOptions: ['a'] }, '3.3.0'),
    [`warning IGNITION_KEY_NEWER ${at}.discard`, `warning IGNITION_KEY_NEWER ${at}.openOptions`],
  ],
  ['a key file may come from anywhere', withLuks({ keyFile: { source: 'https://h/' } }), []],
  [
    'a key file has a source that can be fetched',
    withLuks({ keyFile: { source: 'file:///a' } }),
    [
      `error IGNITION_LUKS_KEY_FILE ${at}.keyFile`,
      `error IGNITION_SOURCE_SCHEME ${at}.keyFile.source`,
    ],
  ],
]

const cex: readonly Case[] = [
  ['cex came with 3.5.0', withLuks({ cex: {} }, '3.4.0'), [`warning IGNITION_KEY_NEWER ${at}.cex`]],
  [
    'cex is not combined with clevis',
    withLuks({ cex: { enabled: true }, clevis: { tpm2: true } }),
    [`error IGNITION_CEX_WITH_CLEVIS ${at}.cex`],
  ],
  [
    'cex is not combined with a key file',
    withLuks({ cex: { enabled: true }, keyFile: { source: 'data:,x' } }),
    [`error IGNITION_CEX_WITH_KEY_FILE ${at}.cex`],
  ],
  [
    'cex that is not enabled does not matter',
    withLuks({ cex: { enabled: false }, clevis: { tpm2: true }, keyFile: { source: 'data:,x' } }),
    [],
  ],
]

testRules([...volumes, ...cex])
