import type { Version } from '../index.ts'
import { type Case, storageWith, testRules } from '../testing/cases.ts'

const at = '$.storage.luks.0.clevis'

function withClevis(clevis: object | null, version?: Version) {
  return storageWith({ luks: [{ name: 'l', device: '/dev/a', clevis }] }, version)
}

const tang = { url: 'http://h', thumbprint: 't' }
const custom = { pin: 'sss', config: '{}' }

const pins: readonly Case[] = [
  ['tang and tpm2 are combined', withClevis({ tang: [tang], tpm2: true, threshold: 2 }), []],
  ['a custom pin stands alone', withClevis({ custom }), []],
  ...[{ tang: [tang] }, { tpm2: true }, { threshold: 1 }].map(
    (other): Case => [
      `a custom pin is not combined with ${Object.keys(other).join()}`,
      withClevis({ custom, ...other }),
      [`error IGNITION_CLEVIS_CUSTOM_WITH_OTHERS ${at}`],
    ],
  ),
  [
    'what says nothing is no other pin',
    withClevis({ custom, tang: [], tpm2: false, threshold: 0 }),
    [],
  ],
  [
    'in 3.2.0 custom was there even if it said nothing',
    withClevis({ custom: { pin: '', config: '' }, tpm2: true }, '3.2.0'),
    [`error IGNITION_CLEVIS_CUSTOM_WITH_OTHERS ${at}`],
  ],
  ['custom says nothing when all of it is empty', withClevis({ custom: {}, tpm2: true }), []],
  [
    'a custom pin has a name',
    withClevis({ custom: { config: '{}' } }),
    [`error IGNITION_CLEVIS_PIN_REQUIRED ${at}.custom.pin`],
  ],
  [
    'a custom pin has a config',
    withClevis({ custom: { pin: 'sss' } }),
    [`error IGNITION_CLEVIS_CONFIG_REQUIRED ${at}.custom.config`],
  ],
  [
    'a pin that needs the network has name and config',
    withClevis({ custom: { needsNetwork: true } }),
    [
      `error IGNITION_CLEVIS_PIN_REQUIRED ${at}.custom.pin`,
      `error IGNITION_CLEVIS_CONFIG_REQUIRED ${at}.custom.config`,
    ],
  ],
  [
    'in 3.2.0 the types asked for name and config',
    withClevis({ custom: {} }, '3.2.0'),
    [`error IGNITION_KEY_MISSING ${at}.custom`, `error IGNITION_KEY_MISSING ${at}.custom`],
  ],
  ['in 3.2.0 clevis and custom could be null', withClevis(null, '3.2.0'), []],
  ['in 3.2.0 custom could be null', withClevis({ custom: null }, '3.2.0'), []],
  ['clevis is never null since 3.3.0', withClevis(null, '3.3.0'), [`error IGNITION_TYPE ${at}`]],
  [
    'up to 3.5.0 three pins were known',
    withClevis({ custom: { ...custom, pin: 'pkcs11' } }, '3.5.0'),
    [`error IGNITION_CLEVIS_PIN ${at}.custom.pin`],
  ],
  ['since 3.6.0 a pin may have any name', withClevis({ custom: { ...custom, pin: 'pkcs11' } }), []],
]

const servers: readonly Case[] = [
  [
    'a server has a URL of http or https',
    withClevis({ tang: [{ ...tang, url: 'ftp://h' }] }),
    [`error IGNITION_TANG_SCHEME ${at}.tang.0.url`],
  ],
  [
    'a server has a URL',
    withClevis({ tang: [{ ...tang, url: 'http://h:x' }] }),
    [`error IGNITION_TANG_URL ${at}.tang.0.url`],
  ],
  [
    'a server has a thumbprint',
    withClevis({ tang: [{ url: 'http://h' }] }),
    [`error IGNITION_TANG_THUMBPRINT ${at}.tang.0.thumbprint`],
  ],
  [
    'a server is there once',
    withClevis({ tang: [tang, tang] }),
    [`error IGNITION_DUPLICATE ${at}.tang.1.url`],
  ],
  [
    'an advertisement is JSON',
    withClevis({ tang: [{ ...tang, advertisement: '{' }] }),
    [`error IGNITION_TANG_ADVERTISEMENT ${at}.tang.0.advertisement`],
  ],
  ['an advertisement may be empty', withClevis({ tang: [{ ...tang, advertisement: '' }] }), []],
  [
    'advertisements came with 3.4.0',
    withClevis({ tang: [{ ...tang, advertisement: '{' }] }, '3.3.0'),
    [`warning IGNITION_KEY_NEWER ${at}.tang.0.advertisement`],
  ],
]

testRules([...pins, ...servers])
