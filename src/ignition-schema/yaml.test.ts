import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYamlConfig } from './yaml.ts'

const base = 'ignition:\n  version: 3.6.0\n'

function problemsOf(text: string): string[] {
  return parseYamlConfig(text, 'test').problems.map(
    ({ code, line, column }) => `${code} ${line}:${column}`,
  )
}

test('reads a config from YAML', () => {
  const { config, problems } = parseYamlConfig(
    `${base}storage:\n  files:\n    - path: /a\n      mode: 0o644\n      overwrite: null\n      contents: {source: "data:,x"}\n`,
    'test',
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(config, {
    ignition: { version: '3.6.0' },
    storage: { files: [{ path: '/a', mode: 0o644, contents: { source: 'data:,x' } }] },
  })
})

const mistakes: [about: string, text: string, problems: string[]][] = [
  ['a wrong path', `${base}storage:\n  files:\n    - path: a\n`, ['IGNITION_PATH_RELATIVE 5:13']],
  ['an unknown key', `${base}files: []\n`, ['IGNITION_KEY_UNUSED 3:1']],
  ['a key that is there twice', `${base}storage: {}\nstorage: {}\n`, ['IGNITION_KEY_REPEATED 4:1']],
  [
    'a mode of YAML 1.1',
    `${base}storage:\n  files:\n    - path: /a\n      mode: 0644\n`,
    ['IGNITION_MODE_DECIMAL 6:13'],
  ],
  [
    'a fraction',
    `${base}storage:\n  files:\n    - path: /a\n      mode: 420.0\n`,
    ['IGNITION_TYPE 6:13'],
  ],
  ['a key without value', `${base}storage:\n`, ['IGNITION_TYPE 3:9']],
  ['a version that is a number', 'ignition:\n  version: 3.6\n', ['IGNITION_VERSION_TYPE 2:12']],
  ['bad indentation', 'ignition:\n  version: 3.6.0\n version: x\n', ['IGNITION_YAML_SYNTAX 3:1']],
  ['an alias', 'a: &a {}\nb: *a\n', ['IGNITION_YAML_SYNTAX 2:4']],
  ['a key that is a list', '? [a]\n: b\n', ['IGNITION_YAML_SYNTAX 1:3']],
  ['two documents', `${base}---\n${base}`, ['IGNITION_YAML_SYNTAX 3:1']],
  ['a list', '- a\n', ['IGNITION_NOT_AN_OBJECT 1:1']],
  ['nothing', '\n', ['IGNITION_EMPTY 1:1']],
  ['comments', '# nothing\n', ['IGNITION_NOT_AN_OBJECT 1:1']],
  ['a Butane config', 'variant: flatcar\nversion: 1.0.0\n', ['IGNITION_BUTANE 1:1']],
  ['a cloud-config', '#cloud-config\nusers: []\n', ['IGNITION_CLOUD_CONFIG 1:1']],
]
for (const [about, text, problems] of mistakes)
  test(`reports ${about} of YAML at its line`, () => {
    assert.deepEqual(problemsOf(text), problems)
  })

test('every mistake of syntax is reported, without the text that is wrong', () => {
  const { problems } = parseYamlConfig('a: "x" hunter2\nb: [1] hunter2\n@hunter2: c\n', 'test')
  assert.ok(problems.length > 1)
  assert.deepEqual(new Set(problems.map(({ code }) => code)), new Set(['IGNITION_YAML_SYNTAX']))
  assert.doesNotMatch(JSON.stringify(problems), /hunter2/)
})
