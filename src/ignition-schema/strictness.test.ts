import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parseConfig } from './index.ts'

/** Code, line and column of each problem. */
function placesOf(data: string | Uint8Array): string[] {
  return parseConfig(data, 'test').problems.map(
    ({ code, line, column }) => `${code} ${line}:${column}`,
  )
}

const base = '"ignition":{"version":"3.6.0"}'

const documents: [about: string, data: string | Uint8Array, problems: string[]][] = [
  ['nothing', '', ['IGNITION_EMPTY 1:1']],
  ['white space', ' \n\n', ['IGNITION_EMPTY 1:1']],
  ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff), ['IGNITION_NOT_TEXT 1:1']],
  ['compressed data', gzipSync('{}'), ['IGNITION_COMPRESSED 1:1']],
  ['a byte order mark', `\uFEFF{${base}}`, ['IGNITION_BYTE_ORDER_MARK 1:1']],
  ['a cloud-config', '#cloud-config\nusers: []\n', ['IGNITION_CLOUD_CONFIG 1:1']],
  ['a script', '#!/bin/sh\n', ['IGNITION_SCRIPT 1:1']],
  ['a MIME archive', 'MIME-Version: 1.0\n', ['IGNITION_MIME_ARCHIVE 1:1']],
  ['a Butane config', 'variant: fcos\n', ['IGNITION_BUTANE 1:1']],
  ['text after the config', `{${base}}\n{}`, ['IGNITION_JSON_SYNTAX 2:1']],
  ['a config that is cut off', `{${base}`, [`IGNITION_JSON_SYNTAX 1:${base.length + 2}`]],
  ['a comment', '{\n  // no\n}', ['IGNITION_JSON_SYNTAX 2:3']],
  ['a comma too many', `{${base},}`, [`IGNITION_JSON_SYNTAX 1:${base.length + 3}`]],
  ['a list', '[]', ['IGNITION_NOT_AN_OBJECT 1:1']],
]
for (const [about, data, problems] of documents)
  test(`is no config: ${about}`, () => {
    assert.deepEqual(placesOf(data), problems)
  })

const versions: [text: string, code: string][] = [
  ['{}', 'IGNITION_VERSION_MISSING 1:1'],
  ['{"ignition":{}}', 'IGNITION_VERSION_MISSING 1:13'],
  ['{"ignitionVersion":1}', 'IGNITION_VERSION_1 1:1'],
  ['{"ignition":{"version":3}}', 'IGNITION_VERSION_TYPE 1:24'],
  ['{"ignition":{"version":"three"}}', 'IGNITION_VERSION_MALFORMED 1:24'],
  ['{"ignition":{"version":"1.0.0"}}', 'IGNITION_VERSION_1 1:24'],
  ['{"ignition":{"version":"2.3.0"}}', 'IGNITION_VERSION_2 1:24'],
  ['{"ignition":{"version":"3.7.0-experimental"}}', 'IGNITION_VERSION_EXPERIMENTAL 1:24'],
  ['{"ignition":{"version":"3.7.0"}}', 'IGNITION_VERSION_UNKNOWN 1:24'],
  ['{"ignition":{"version":"4.0.0"}}', 'IGNITION_VERSION_UNKNOWN 1:24'],
]
for (const [text, problem] of versions)
  test(`refuses the version of ${text}`, () => {
    assert.deepEqual(placesOf(text), [problem])
  })

test('the way from specification 2 is named, and so are the versions that are understood', () => {
  const expected = (version: string) =>
    parseConfig(`{"ignition":{"version":"${version}"}}`, 'test').problems[0]?.expected ?? ''
  assert.match(expected('2.4.0'), /3\.0\.0 to 3\.6\.0.*ign-converter/)
  assert.match(expected('3.7.0-experimental'), /3\.0\.0 to 3\.6\.0.*experimental/)
  assert.equal(expected('5.0.0'), '3.0.0 to 3.6.0')
})

const values: [about: string, section: string, problems: string[]][] = [
  ['a key that no version has', '"x":{}', ['IGNITION_KEY_UNUSED 1:33']],
  ['a key that is there twice', '"storage":{},"storage":{}', ['IGNITION_KEY_REPEATED 1:46']],
  [
    'an unused key that is there twice',
    '"x":1,"x":1',
    ['IGNITION_KEY_UNUSED 1:39', 'IGNITION_KEY_REPEATED 1:39'],
  ],
  ['a key in another case', '"Storage":{}', ['IGNITION_KEY_CASE 1:33']],
  ['a key in two cases', '"storage":{},"Storage":{}', ['IGNITION_KEY_REPEATED 1:46']],
  [
    'a text for a number',
    '"storage":{"files":[{"path":"/a","mode":"0644"}]}',
    ['IGNITION_TYPE 1:73'],
  ],
  [
    'a fraction',
    '"ignition2":0,"storage":{"files":[{"path":"/a","mode":1.5}]}',
    ['IGNITION_KEY_UNUSED 1:33', 'IGNITION_TYPE 1:87'],
  ],
  [
    'a number with a point',
    '"storage":{"files":[{"path":"/a","mode":420.0}]}',
    ['IGNITION_TYPE 1:73'],
  ],
  [
    'a number with an exponent',
    '"storage":{"files":[{"path":"/a","mode":4e2}]}',
    ['IGNITION_TYPE 1:73'],
  ],
  [
    'a number too large to be exact',
    '"storage":{"disks":[{"device":"/a","partitions":[{"number":9007199254740993}]}]}',
    ['IGNITION_TYPE 1:92'],
  ],
  ['null for a list', '"storage":{"files":null}', ['IGNITION_TYPE 1:52']],
  ['null for what may be left out', '"storage":{"files":[{"path":"/a","mode":null}]}', []],
  ['a missing key', '"passwd":{"users":[{}]}', ['IGNITION_KEY_MISSING 1:52']],
]
for (const [about, section, problems] of values)
  test(`${problems.length === 0 ? 'takes' : 'reports'} ${about}`, () => {
    assert.deepEqual(placesOf(`{${base},${section}}`), problems)
  })

test('half of a surrogate pair is what Go makes of it', () => {
  const { config } = parseConfig(`{${base},"storage":{"files":[{"path":"/\\ud800"}]}}`, 'test')
  assert.equal(config?.storage?.files?.[0]?.path, '/\ufffd')
})

test('lines and columns count from 1, in UTF-16 code units, after any line end', () => {
  assert.deepEqual(placesOf(`{${base},\r\n  "ü": 1,\n\t"storage": {"files": [{"path": "😀"}]}}`), [
    'IGNITION_KEY_UNUSED 2:3',
    'IGNITION_PATH_RELATIVE 3:33',
  ])
})

test('every problem of a config is reported at once, in the order of the text', () => {
  const { problems } = parseConfig(
    JSON.stringify({
      ignition: { version: '3.6.0', proxy: { httpProxy: 'x' } },
      storage: {
        disks: [{ device: 'a', partitions: [{}] }],
        files: [{ path: 1, mode: -1 }, { path: 'b' }],
      },
      systemd: { units: [{ name: 'c' }] },
      passwd: { users: [{}] },
      other: 1,
    }),
    'test',
  )
  assert.deepEqual(
    problems.map(({ path }) => path),
    [
      '$.ignition.proxy.httpProxy',
      '$.storage.disks.0.device',
      '$.storage.disks.0.partitions.0',
      '$.storage.files.0.path',
      '$.storage.files.0.mode',
      '$.storage.files.1.path',
      '$.systemd.units.0.name',
      '$.passwd.users.0',
      '$.other',
    ],
  )
})
