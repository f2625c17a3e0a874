import { type Case, configWith, testRules } from '../testing/cases.ts'

const at = '$.systemd.units.0'

function withUnits(...units: object[]) {
  return configWith({ systemd: { units } })
}

function withUnit(unit: object) {
  return withUnits({ name: 'a.service', ...unit })
}

const types = 'service socket device mount automount swap target path timer snapshot slice scope'

const names: readonly Case[] = [
  [
    'a unit has one of the known types',
    withUnits(...types.split(' ').map((type) => ({ name: `a.${type}` }))),
    [],
  ],
  ...['a', 'a.conf', '', 'a.service.x'].map(
    (name): Case => [
      `"${name}" has no known type`,
      withUnit({ name }),
      [`error IGNITION_UNIT_TYPE ${at}.name`],
    ],
  ),
  ...['../a.service', 'a b.service', `${'a'.repeat(256)}.service`].map(
    (name): Case => [
      `"${name.slice(0, 20)}" is not the name of a unit`,
      withUnit({ name }),
      [`error IGNITION_UNIT_NAME ${at}.name`],
    ],
  ),
  [
    'a unit is declared once',
    withUnits({ name: 'a.service' }, { name: 'a.service' }),
    ['error IGNITION_DUPLICATE $.systemd.units.1.name'],
  ],
  ['a drop-in ends in .conf', withUnit({ dropins: [{ name: 'a.conf' }] }), []],
  [
    'a drop-in ends in nothing else',
    withUnit({ dropins: [{ name: 'a.service' }] }),
    [`error IGNITION_DROPIN_NAME ${at}.dropins.0.name`],
  ],
  [
    'a drop-in is in the folder of its unit',
    withUnit({ dropins: [{ name: '../a.conf' }] }),
    [`error IGNITION_DROPIN_PLACE ${at}.dropins.0.name`],
  ],
  [
    'a drop-in is declared once in a unit',
    withUnits(
      { name: 'a.service', dropins: [{ name: 'a.conf' }, { name: 'a.conf' }] },
      { name: 'b.service', dropins: [{ name: 'a.conf' }] },
    ),
    [`error IGNITION_DUPLICATE ${at}.dropins.1.name`],
  ],
]

const syntax: readonly Case[] = [
  [
    'a unit has sections and settings',
    withUnit({ contents: '# comment\n[Unit]\nDescription=a \\\n  b\n\n[Service]\n' }),
    [],
  ],
  [
    'a section is closed',
    withUnit({ contents: '[Unit\n' }),
    [`error IGNITION_UNIT_SYNTAX ${at}.contents`],
  ],
  [
    'a line sets something',
    withUnit({ contents: '[Unit]\nDescription\n' }),
    [`error IGNITION_UNIT_SYNTAX ${at}.contents`],
  ],
  [
    'a drop-in has the same syntax',
    withUnit({ dropins: [{ name: 'a.conf', contents: '[Unit\n' }] }),
    [`error IGNITION_UNIT_SYNTAX ${at}.dropins.0.contents`],
  ],
  [
    'what is before the first section does not count',
    withUnit({ contents: 'A=b\n[Unit]\n' }),
    [`warning IGNITION_UNIT_TEXT_IGNORED ${at}.contents`],
  ],
  [
    'a line has less than 2048 bytes',
    withUnit({ contents: `[Unit]\nA=${'x'.repeat(2045)}\n` }),
    [],
  ],
  [
    'a line has no 2048 bytes',
    withUnit({ contents: `[Unit]\nA=${'x'.repeat(2046)}\n` }),
    [`error IGNITION_UNIT_LINE_LENGTH ${at}.contents`],
  ],
]

const contents = '[Service]\nExecStart=/a\n'
const installed = `${contents}[Install]\nWantedBy=multi-user.target\n`

const install: readonly Case[] = [
  [
    'enabling a unit with [Install] has an effect',
    withUnit({ enabled: true, contents: installed }),
    [],
  ],
  [
    'enabling a unit without [Install] has none',
    withUnit({ enabled: true, contents }),
    [`warning IGNITION_UNIT_NOT_INSTALLED ${at}.contents`],
  ],
  [
    'an [Install] that sets nothing is none',
    withUnit({ enabled: true, contents: `${contents}[Install]\n# WantedBy=a\n` }),
    [`warning IGNITION_UNIT_NOT_INSTALLED ${at}.contents`],
  ],
  ['a unit of the image may be enabled', withUnit({ enabled: true }), []],
  ['a unit that is not enabled needs no [Install]', withUnit({ enabled: false, contents }), []],
  [
    'a unit with mistakes has problems enough',
    withUnit({ enabled: true, contents: '[Service' }),
    [`error IGNITION_UNIT_SYNTAX ${at}.contents`],
  ],
  [
    'enabling an instance of a template without [Install] has no effect',
    withUnits({ name: 'a@b.service', enabled: true }, { name: 'a@.service', contents }),
    [`warning IGNITION_INSTANCE_NOT_INSTALLED ${at}.name`],
  ],
  [
    'enabling an instance of a template with [Install] has one',
    withUnits({ name: 'a@b.service', enabled: true }, { name: 'a@.service', contents: installed }),
    [],
  ],
]

testRules([...names, ...syntax, ...install])
