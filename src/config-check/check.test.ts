import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckOptions, checkConfig, formatOf } from './check.ts'

const options: CheckOptions = { format: 'json', strict: false, specificationOnly: false }

function check(text: string | Uint8Array, more: Partial<CheckOptions> = {}) {
  const { problems, ...result } = checkConfig(Buffer.from(text), 'test', { ...options, ...more })
  return { codes: problems.map(({ code }) => code), ...result }
}

const base = '"ignition":{"version":"3.6.0"}'

test('a config without problems is all right', () => {
  assert.deepEqual(check(`{${base}}`), { codes: [], errors: 0, warnings: 0, ok: true })
})

test('warnings are all right, unless they count as errors', () => {
  const text = `{${base},"x":1}`
  const found = { codes: ['IGNITION_KEY_UNUSED'], errors: 0, warnings: 1 }
  assert.deepEqual(check(text), { ...found, ok: true })
  assert.deepEqual(check(text, { strict: true }), { ...found, ok: false })
})

test('errors are not', () => {
  assert.deepEqual(check(`{${base},"systemd":{"units":[{"name":"a"}]},"x":1}`), {
    codes: ['IGNITION_UNIT_TYPE', 'IGNITION_KEY_UNUSED'],
    errors: 1,
    warnings: 1,
    ok: false,
  })
})

test('what a host would refuse is an error, unless only the specification is asked', () => {
  const text = `{${base},"ignition2":1,"kernelArguments":{"shouldExist":["usrhash=0"]}}`
  assert.deepEqual(check(text).codes, ['IGNITION_KEY_UNUSED', 'SLIPWAY_HOST_UNSUPPORTED'])
  assert.deepEqual(check(text, { specificationOnly: true }).codes, ['IGNITION_KEY_UNUSED'])
})

test('YAML has the same problems at its own places', () => {
  const text = 'ignition: {version: 3.6.0}\nstorage:\n  files:\n    - path: a\n'
  assert.deepEqual(check(text, { format: 'yaml' }).codes, ['IGNITION_PATH_RELATIVE'])
  assert.deepEqual(check(Uint8Array.of(0x61, 0xff), { format: 'yaml' }).codes, [
    'IGNITION_NOT_TEXT',
  ])
})

const formats: [file: string, text: string, format: string][] = [
  ['a.yaml', '{}', 'yaml'],
  ['a.YML', '', 'yaml'],
  ['a.ign', 'a: b', 'json'],
  ['config', '#cloud-config', 'json'],
  ['-', ' {}', 'json'],
  ['-', 'a: b', 'yaml'],
  ['-', '', 'json'],
]
for (const [file, text, format] of formats)
  test(`${file} with ${JSON.stringify(text)} is ${format}`, () => {
    assert.equal(formatOf(file, Buffer.from(text)), format)
  })
