import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkYaml } from './check.ts'
import { complete } from './complete.ts'
import { problemsText } from './problem.ts'
import type { SectionOf } from './schema.ts'

type Boat = {
  readonly name: string
  readonly kind: string
  readonly masts: number
  readonly crew: readonly string[]
  readonly cargo: Readonly<Record<string, string>>
  readonly owner?: string
  readonly home: { readonly port: string }
  readonly afloat: boolean
  readonly sails: readonly { readonly name: string; readonly areaM2: number }[]
}

const schema: SectionOf<Boat> = {
  kind: 'section',
  about: 'A boat.',
  fields: {
    name: { kind: 'text', about: '', expected: 'a name' },
    kind: { kind: 'text', about: '', expected: '', choices: ['sloop', 'ketch'], default: 'sloop' },
    masts: { kind: 'integer', about: '', minimum: 1, maximum: 5, default: 1 },
    crew: {
      kind: 'list',
      about: '',
      item: { kind: 'text', about: '', expected: 'a name in lower case', pattern: /^[a-z]+$/ },
    },
    cargo: {
      kind: 'map',
      about: '',
      key: { kind: 'text', about: '', expected: 'a good', pattern: /^[a-z/]+$/ },
      value: { kind: 'text', about: '', expected: 'an amount' },
    },
    owner: { kind: 'text', about: '', expected: 'a name', optional: true },
    home: {
      kind: 'section',
      about: '',
      fields: { port: { kind: 'text', about: '', expected: 'a port', default: 'Kiel' } },
    },
    afloat: { kind: 'boolean', about: '', default: true },
    sails: {
      kind: 'sections',
      about: '',
      item: {
        kind: 'section',
        about: '',
        fields: {
          name: { kind: 'text', about: '', expected: 'a name' },
          areaM2: { kind: 'integer', about: '', minimum: 1, maximum: 99, default: 9 },
        },
      },
    },
  },
}

const mistakes = (text: string, inheriting = false) =>
  problemsText(checkYaml(text, 'boat.yaml', schema, { inheriting }).problems).split('\n')

test('a right file gives its values, and defaults complete them', () => {
  const checked = checkYaml('name: Anna\ncrew: [bo, li]\n', 'boat.yaml', schema)
  assert.deepEqual(checked.problems, [])
  assert.deepEqual(complete(checked.value, schema), {
    value: {
      name: 'Anna',
      kind: 'sloop',
      masts: 1,
      crew: ['bo', 'li'],
      cargo: {},
      home: { port: 'Kiel' },
      afloat: true,
      sails: [],
    },
  })
})

test('every mistake is reported, with its line, column and path', () => {
  const text = `nam: Anna
kind: slop
masts: 9
crew:
  - bo
  - Li
  - bo
cargo:
  tea: 3
  "T": much
home: [port]
`
  assert.deepEqual(mistakes(text), [
    'boat.yaml:1:1: nam: unknown key; did you mean "name"?',
    'boat.yaml:2:7: kind: expected one of sloop, ketch, found "slop"',
    'boat.yaml:3:8: masts: expected a whole number from 1 to 5, found the number 9',
    'boat.yaml:6:5: crew[1]: expected a name in lower case, found "Li"',
    'boat.yaml:7:5: crew[2]: "bo" is repeated',
    'boat.yaml:9:8: cargo.tea: expected an amount, found the number 3; quote it to make it a text',
    'boat.yaml:10:3: cargo.T: as key, expected a good, found "T"',
    'boat.yaml:11:7: home: expected a map with the keys port, found a list',
  ])
})

test('an unknown key far from every known one lists those', () => {
  assert.deepEqual(mistakes('submarine: yes\n'), [
    'boat.yaml:1:1: submarine: unknown key; known here: name, kind, masts, crew, cargo, owner, home, afloat, sails',
  ])
})

test('keys that objects have by themselves are unknown keys', () => {
  assert.equal(mistakes('__proto__: {}\n').length, 1)
  assert.match(mistakes('constructor: a\n')[0] ?? '', /unknown key/)
})

test('a syntax error is the only thing said about a file', () => {
  const [first, ...rest] = mistakes('name: [unclosed\nmasts: 99\n')
  assert.match(first ?? '', /^boat\.yaml:\d+:\d+: /)
  assert.ok(rest.every((line) => !line.includes('masts')))
})

test('a key given twice is a mistake', () => {
  assert.deepEqual(mistakes('name: Anna\nname: Berta\n'), [
    'boat.yaml:2:1: Map keys must be unique',
  ])
})

test('a path with slashes is quoted', () => {
  assert.deepEqual(mistakes('cargo:\n  tea/green: []\n'), [
    'boat.yaml:2:14: cargo["tea/green"]: expected an amount, found a list',
  ])
})

test('a field without a value is a mistake unless something inherited can be dropped', () => {
  assert.deepEqual(mistakes('name:\nowner:\n'), [
    'boat.yaml:1:6: name: expected a name, found nothing',
    'boat.yaml:2:7: owner: expected a name, found nothing',
  ])
  assert.deepEqual(mistakes('owner: null\ncargo:\n  tea: null\n', true), [''])
  assert.deepEqual(mistakes('name: null\n', true), [
    'boat.yaml:1:7: name: expected a name, found nothing',
  ])
})

test('an item to drop is checked like an item', () => {
  assert.deepEqual(mistakes('crew: ["!bo"]\n', true), [''])
  assert.deepEqual(mistakes('crew: ["!Bo"]\n', true), [
    'boat.yaml:1:8: crew[0]: after "!", which drops an inherited item, expected a name in lower case, found "Bo"',
  ])
  assert.deepEqual(mistakes('crew: ["!bo"]\n'), [
    'boat.yaml:1:8: crew[0]: expected a name in lower case, found "!bo"',
  ])
})

test('an unquoted "!name", which YAML takes for a tag, is explained', () => {
  assert.deepEqual(mistakes('crew:\n  - !bo\n', true), [
    'boat.yaml:2:8: crew[0]: quote the item: "!bo"',
  ])
})

test('a tag is refused, not ignored', () => {
  assert.deepEqual(mistakes('name: !secret Anna\n'), [
    'boat.yaml:1:15: name: the tag !secret is not understood; quote the text if it is one',
  ])
})

test('aliases are refused', () => {
  assert.match(mistakes('name: &n Anna\nowner: *n\n')[0] ?? '', /^boat\.yaml:2:8: owner: aliases/)
})

test('missing fields are named by completion, all of them', () => {
  assert.deepEqual(complete({}, schema), {
    missing: [{ path: ['name'], message: 'missing; expected a name' }],
  })
})

test('an empty file and a file of comments have no mistakes of their own', () => {
  assert.deepEqual(mistakes(''), [''])
  assert.deepEqual(mistakes('# nothing\n'), [''])
})

test('a file that is no map is a mistake', () => {
  assert.match(mistakes('- name\n')[0] ?? '', /^boat\.yaml:1:1: expected a map with the keys name,/)
})

test('a boolean is true or false, and no other word', () => {
  assert.deepEqual(mistakes('afloat: false\n'), [''])
  assert.deepEqual(mistakes('afloat: yes\n'), [
    'boat.yaml:1:9: afloat: expected true or false, found "yes"',
  ])
})

test('each map of a list is checked by itself and completed by itself', () => {
  assert.deepEqual(
    mistakes('sails:\n  - name: jib\n    area: 3\n  - mizzen\n  - areaM2: 0\n  -\n  - !big {}\n'),
    [
      'boat.yaml:3:5: sails[0].area: unknown key; did you mean "areaM2"?',
      'boat.yaml:4:5: sails[1]: expected a map with the keys name, areaM2, found "mizzen"',
      'boat.yaml:5:13: sails[2].areaM2: expected a whole number from 1 to 99, found the number 0',
      'boat.yaml:6:4: sails[3]: expected a map with the keys name, areaM2, found nothing',
      'boat.yaml:7:10: sails[4]: the tag !big is not understood; quote the text if it is one',
    ],
  )
  const checked = checkYaml('name: Anna\nsails: [{name: jib}, {areaM2: 3}]\n', 'b', schema)
  assert.deepEqual(complete(checked.value, schema), {
    missing: [{ path: ['sails', 1, 'name'], message: 'missing; expected a name' }],
  })
})
