import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parseConfig, problemText } from './index.ts'

const base = { ignition: { version: '3.6.0' } }

/** Problems without their positions: `error $.path: message`. */
function problemsOf(config: unknown): string[] {
  return parseConfig(JSON.stringify(config), 'test').problems.map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  )
}

function withStorage(storage: unknown, version = '3.6.0') {
  return { ignition: { version }, storage }
}

function withUnit(unit: unknown) {
  return { ...base, systemd: { units: [unit] } }
}

function withFile(file: Record<string, unknown>, version?: string) {
  return withStorage({ files: [{ path: '/a', ...file }] }, version)
}

for (const minor of [0, 1, 2, 3, 4, 5, 6])
  test(`accepts specification 3.${minor}.0`, () => {
    const { config, problems } = parseConfig(`{"ignition":{"version":"3.${minor}.0"}}`, 'test')
    assert.deepEqual(problems, [])
    assert.deepEqual(config, { ignition: { version: '3.6.0' } })
  })

const refusedVersions: [config: unknown, message: string][] = [
  [{}, 'error $: ignition.version is missing'],
  [{ ignition: {} }, 'error $.ignition: ignition.version is missing'],
  [{ ignitionVersion: 1 }, 'error $: a config of specification 1, which is no longer understood'],
  [{ ignition: { version: 3 } }, 'error $.ignition.version: the version is not a string'],
  [{ ignition: { version: 'x' } }, 'error $.ignition.version: not a version'],
  [
    { ignition: { version: '3.06.0' } },
    'error $.ignition.version: specification 3.06.0 is not understood',
  ],
  [
    { ignition: { version: '2.3.0' } },
    'error $.ignition.version: specification 2.3.0 is no longer understood: rewrite the config',
  ],
  [
    { ignition: { version: '3.7.0-experimental' } },
    'error $.ignition.version: specification 3.7.0-experimental is experimental and not understood',
  ],
  [
    { ignition: { version: '3.7.0' } },
    'error $.ignition.version: specification 3.7.0 is not understood',
  ],
  [[], 'error $: the config is not a JSON object'],
]
for (const [config, message] of refusedVersions)
  test(`refuses ${JSON.stringify(config)} for its version alone`, () => {
    assert.deepEqual(problemsOf(config), [message])
  })

const sha256 = `sha256-${'0'.repeat(64)}`
const mistakes: [about: string, config: unknown, problems: string[]][] = [
  [
    'a relative path',
    withFile({ path: 'a' }),
    ['error $.storage.files.0.path: the path is relative'],
  ],
  ['an empty path', withFile({ path: '' }), ['error $.storage.files.0.path: the path is empty']],
  [
    'a path with ..',
    withFile({ path: '/a/../b' }),
    ['error $.storage.files.0.path: the path is not fully simplified'],
  ],
  [
    'a path with a slash at its end',
    withFile({ path: '/a/' }),
    ['error $.storage.files.0.path: the path is not fully simplified'],
  ],
  [
    'a path with NUL',
    withFile({ path: '/a\0' }),
    ['error $.storage.files.0.path: the path has a NUL character'],
  ],
  [
    'one path for a file and a directory',
    withStorage({ files: [{ path: '/a' }], directories: [{ path: '/a' }] }),
    ['error $.storage.files.0.path: the path is declared twice'],
  ],
  [
    'a path through a declared link',
    withStorage({ files: [{ path: '/l/x' }], links: [{ path: '/l', target: '/t' }] }),
    ['error $.storage.files.0.path: the path goes through /l, a link of this config'],
  ],
  [
    'a file that a unit writes too',
    {
      ...withUnit({ name: 'a.service', contents: '[Service]\n' }),
      storage: { files: [{ path: '/etc/systemd/system/a.service' }] },
    },
    ['error $.storage.files.0.path: systemd.units writes this path too'],
  ],
  [
    'id and name',
    withFile({ user: { id: 0, name: 'root' } }),
    ['error $.storage.files.0.user: both id and name are given'],
  ],
  [
    'an id of -1',
    withFile({ group: { id: -1 } }),
    ['error $.storage.files.0.group.id: the id is out of range'],
  ],
  [
    'overwrite without a source',
    withFile({ overwrite: true }),
    ['error $.storage.files.0.overwrite: overwrite without contents.source'],
  ],
  [
    'a mode beyond 07777',
    withFile({ mode: 4096 }),
    ['error $.storage.files.0.mode: the mode is out of range'],
  ],
  [
    'a mode written as if octal',
    withFile({ mode: 644 }),
    ['warning $.storage.files.0.mode: 644 is 01204 in octal'],
  ],
  [
    'special bits before 3.6',
    withFile({ mode: 0o4755 }, '3.5.0'),
    ['warning $.storage.files.0.mode: the setuid, setgid and sticky bits have no effect'],
  ],
  ['special bits in 3.6', withFile({ mode: 0o4755 }), []],
  [
    'a mode as a string',
    withFile({ mode: '0644' }),
    ['error $.storage.files.0.mode: found a string'],
  ],
  ['a missing path', withStorage({ files: [{}] }), ['error $.storage.files.0: "path" is missing']],
  ['null for a list', withStorage({ files: null }), ['error $.storage.files: found null']],
  ['null for an optional value', withFile({ mode: null, contents: { source: null } }), []],
  [
    'an unknown compression',
    withFile({ contents: { source: 'data:,', compression: 'xz' } }),
    ['error $.storage.files.0.contents.compression: unknown compression'],
  ],
  [
    'an unknown scheme',
    withFile({ contents: { source: 'ftp://h/p' } }),
    ['error $.storage.files.0.contents.source: the source is no URL of a known scheme'],
  ],
  [
    'a scheme newer than the version',
    withFile({ contents: { source: 'gs://b/o' } }, '3.1.0'),
    ['error $.storage.files.0.contents.source: the source is no URL of a known scheme'],
  ],
  [
    'bad base64',
    withFile({ contents: { source: 'data:;base64,a*b' } }),
    ['error $.storage.files.0.contents.source: the data URL has characters that are not base64'],
  ],
  ['an empty source', withFile({ contents: { source: '' } }), []],
  [
    'headers for a data URL',
    withFile({ contents: { source: 'data:,', httpHeaders: [{ name: 'a', value: 'b' }] } }),
    ['error $.storage.files.0.contents.httpHeaders: headers without an HTTP source'],
  ],
  [
    'a hash of an unknown function',
    withFile({ contents: { source: 'data:,', verification: { hash: 'md5-00' } } }),
    ['error $.storage.files.0.contents.verification.hash: the hash function is not known'],
  ],
  [
    'a hash that is too short',
    withFile({ contents: { source: 'data:,', verification: { hash: 'sha512-00' } } }),
    ['error $.storage.files.0.contents.verification.hash: the hash has 2 digits'],
  ],
  [
    'sha256 in 3.0',
    withFile({ contents: { source: 'data:,', verification: { hash: sha256 } } }, '3.0.0'),
    ['error $.storage.files.0.contents.verification.hash: the hash function is not known'],
  ],
  [
    'a hash of nothing',
    withFile({ contents: { verification: { hash: sha256 } } }),
    ['error $.storage.files.0.contents.verification.hash: there is nothing to verify'],
  ],
  [
    'appending nothing',
    withFile({ append: [{}] }),
    ['error $.storage.files.0.append.0: there is nothing to append'],
  ],
  [
    'a link without target',
    withStorage({ links: [{ path: '/l' }] }),
    ['error $.storage.links.0: the link has no target'],
  ],
  [
    'a hard link to a declared directory',
    withStorage({
      directories: [{ path: '/d' }],
      links: [{ path: '/l', target: '/d', hard: true }],
    }),
    ['error $.storage.links.0.target: a hard link to a directory'],
  ],
  [
    'a hard link with an owner',
    withStorage({ links: [{ path: '/l', target: '/f', hard: true, user: { id: 1 } }] }),
    ['warning $.storage.links.0.user.id: a hard link has the owner of its target'],
  ],
  [
    'a unit without type',
    withUnit({ name: 'a' }),
    ['error $.systemd.units.0.name: the unit has no known type'],
  ],
  [
    'a unit in a folder',
    withUnit({ name: '../a.service' }),
    ['error $.systemd.units.0.name: not the name of a unit'],
  ],
  [
    'a unit declared twice',
    { ...base, systemd: { units: [{ name: 'a.service' }, { name: 'a.service' }] } },
    ['error $.systemd.units.1.name: the unit is declared twice'],
  ],
  [
    'a unit with bad syntax',
    withUnit({ name: 'a.service', contents: '[Unit]\nnonsense\n[Service' }),
    [
      'error $.systemd.units.0.contents: line 2 of the unit file: the line is neither [Section] nor Name=value',
      'error $.systemd.units.0.contents: line 3 of the unit file: the section header is not [Name]',
    ],
  ],
  [
    'an enabled unit without [Install]',
    withUnit({ name: 'a.service', enabled: true, contents: '[Service]\nExecStart=/a\n' }),
    ['warning $.systemd.units.0.contents: enabling the unit has no effect'],
  ],
  [
    'an instance of a template without [Install]',
    {
      ...base,
      systemd: {
        units: [
          { name: 'a@.service', contents: '[Service]\n' },
          { name: 'a@b.service', enabled: true },
        ],
      },
    },
    ['warning $.systemd.units.1.name: enabling the instance has no effect'],
  ],
  [
    'a drop-in without .conf',
    withUnit({ name: 'a.service', dropins: [{ name: 'x' }] }),
    ['error $.systemd.units.0.dropins.0.name: not the name of a drop-in'],
  ],
  [
    'a drop-in in another folder',
    withUnit({ name: 'a.service', dropins: [{ name: '../x.conf' }] }),
    ['error $.systemd.units.0.dropins.0.name: not the name of a drop-in'],
  ],
  ['an unknown key', { ...base, storag: {} }, ['warning $.storag: unused key']],
  [
    'a key like no other object',
    { ...base, constructor: {} },
    ['warning $.constructor: unused key'],
  ],
  [
    'a key newer than the version',
    { ignition: { version: '3.2.0' }, kernelArguments: { shouldExist: ['a'] } },
    ['warning $.kernelArguments: unused key: it came with specification 3.3.0'],
  ],
  [
    'a key in another case, which counts all the same',
    withStorage({ Files: [{ path: 'a' }] }),
    [
      'warning $.storage.Files: key in unusual case',
      'error $.storage.files.0.path: the path is relative',
    ],
  ],
]
for (const [about, config, problems] of mistakes)
  test(`${problems.length === 0 ? 'accepts' : 'reports'} ${about}`, () => {
    assert.deepEqual(problemsOf(config), problems)
  })

test('gives line and column of the value, or of the key when that is unknown', () => {
  const text = `{
  "ignition": {"version": "3.6.0"},
  "storage": {
    "files": [
      {"path": "a", "mod": 1}
    ]
  }
}`
  assert.deepEqual(parseConfig(text, 'user.ign').problems.map(problemText), [
    'user.ign:5:16: $.storage.files.0.path: the path is relative, expected an absolute path without //, ., .. or a slash at its end',
    'user.ign:5:21: $.storage.files.0.mod: unused key, expected one of path, overwrite, user, group, mode, contents, append',
  ])
})

test('a repeated key is an error at the second one, even if it differs in case', () => {
  for (const again of ['version', 'Version']) {
    const { config, problems } = parseConfig(
      `{"ignition":{"version":"3.6.0","${again}":"3.6.0"}}`,
      'test',
    )
    assert.equal(config, undefined)
    assert.deepEqual(
      problems.map(({ code, severity, column }) => [code, severity, column]),
      [['IGNITION_KEY_REPEATED', 'error', 32]],
    )
  }
})

test('takes the special bits from modes of configs before 3.6', () => {
  const parsed = parseConfig(
    JSON.stringify(
      withStorage(
        { files: [{ path: '/a', mode: 0o4755 }], directories: [{ path: '/b', mode: 0o1777 }] },
        '3.4.0',
      ),
    ),
    'test',
  )
  assert.equal(parsed.config?.storage?.files?.[0]?.mode, 0o755)
  assert.equal(parsed.config?.storage?.directories?.[0]?.mode, 0o777)
})

const foreign: [about: string, data: Uint8Array | string, message: RegExp][] = [
  ['cloud-config', '#cloud-config\nusers: []\n', /cloud-init/],
  ['a script', '#!/bin/sh\n', /script/],
  ['a MIME archive', 'Content-Type: multipart/mixed; boundary="x"\n', /MIME/],
  ['Butane', 'variant: fcos\nversion: 1.5.0\n', /butane/],
  ['compressed data', gzipSync('{}'), /gzip/],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff]), /not text/],
  ['a byte order mark', '\uFEFF{}', /byte order mark/],
]
for (const [about, data, message] of foreign)
  test(`says what it was given instead of a config: ${about}`, () => {
    const { config, problems } = parseConfig(data, 'test')
    assert.equal(config, undefined)
    assert.match(problems[0]?.message ?? '', message)
    assert.equal(problems.length, 1)
  })

test('says where the text stops being JSON', () => {
  const { problems } = parseConfig('{\n  "ignition": {,}\n}', 'test')
  assert.deepEqual(problems.map(problemText), [
    'test:2:16: $: not JSON: found ",", expected a key in double quotes or }',
  ])
})

test('never repeats contents, headers or data URLs in a problem', () => {
  const secret = 'hunter2'
  const config = {
    ...base,
    storage: {
      files: [
        { path: '/a', contents: { source: `data:;base64,${secret}*` } },
        { path: '/b', contents: { source: `${secret}://x`, compression: secret } },
        { path: '/c', contents: { source: 'data:,', httpHeaders: [{ name: 'A', value: secret }] } },
        { path: '/d', contents: { source: 'data:,', verification: { hash: `${secret}-x` } } },
      ],
    },
    systemd: { units: [{ name: 'a.service', contents: `[Service]\n${secret}` }] },
  }
  const { problems } = parseConfig(JSON.stringify(config), 'test')
  assert.equal(problems.length, 6)
  assert.doesNotMatch(problems.map(problemText).join('\n'), new RegExp(secret))
})
