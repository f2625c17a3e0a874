import type { Version } from '../index.ts'
import { type Case, storageWith, testRules } from '../testing/cases.ts'

function withFile(file: object, version?: Version) {
  return storageWith({ files: [{ path: '/a', ...file }] }, version)
}

const at = '$.storage.files.0'

const paths: readonly Case[] = [
  ['a path is not empty', withFile({ path: '' }), [`error IGNITION_PATH_EMPTY ${at}.path`]],
  ['a path is absolute', withFile({ path: 'a' }), [`error IGNITION_PATH_RELATIVE ${at}.path`]],
  ...['/a/', '/a//b', '/./a', '/a/..', '//'].map(
    (path): Case => [
      `${path} is not fully simplified`,
      withFile({ path }),
      [`error IGNITION_PATH_NOT_CLEAN ${at}.path`],
    ],
  ),
  ['a path has no NUL', withFile({ path: '/a\0' }), [`error IGNITION_PATH_NUL ${at}.path`]],
  ['the root is a path', storageWith({ directories: [{ path: '/' }] }), []],
]

const owners: readonly Case[] = [
  ['an owner is an id', withFile({ user: { id: 1 }, group: { id: 2 ** 32 - 2 } }), []],
  ['an owner is a name', withFile({ user: { name: 'a' }, group: { id: 0, name: '' } }), []],
  [
    'an owner is not both',
    withFile({ user: { id: 1, name: 'a' }, group: { id: 1, name: 'a' } }),
    [`error IGNITION_ID_AND_NAME ${at}.user`, `error IGNITION_ID_AND_NAME ${at}.group`],
  ],
  [
    'an id is one that the kernel has',
    withFile({ user: { id: -1 }, group: { id: 2 ** 32 - 1 } }),
    [`error IGNITION_ID_RANGE ${at}.user.id`, `error IGNITION_ID_RANGE ${at}.group.id`],
  ],
]

const modes: readonly Case[] = [
  ['the highest mode is 07777', withFile({ mode: 0o7777 }), []],
  [
    'there is no higher mode',
    withFile({ mode: 0o10000 }),
    [`error IGNITION_MODE_RANGE ${at}.mode`],
  ],
  ['there is no negative mode', withFile({ mode: -1 }), [`error IGNITION_MODE_RANGE ${at}.mode`]],
  ...[0o4755, 0o2755, 0o1777].flatMap((mode): Case[] => [
    [`0${mode.toString(8)} is a mode in 3.6.0`, withFile({ mode }), []],
    [
      `0${mode.toString(8)} lost its special bits up to 3.5.0`,
      withFile({ mode }, '3.5.0'),
      [`warning IGNITION_MODE_SPECIAL_BITS ${at}.mode`],
    ],
  ]),
  [
    'directories lost their special bits too',
    storageWith({ directories: [{ path: '/a', mode: 0o1777 }] }, '3.0.0'),
    ['warning IGNITION_MODE_SPECIAL_BITS $.storage.directories.0.mode'],
  ],
  ...[400, 600, 644, 755, 777].map(
    (mode): Case => [
      `${mode} was meant in octal`,
      withFile({ mode }),
      [`warning IGNITION_MODE_DECIMAL ${at}.mode`],
    ],
  ),
  ...[0o400, 0o600, 0o644, 0o755, 0o777, 0o750, 0o555, 0o666, 0o700, 0].map(
    (mode): Case => [`${mode} is 0${mode.toString(8)} and meant so`, withFile({ mode }), []],
  ),
]

const files: readonly Case[] = [
  [
    'a file is overwritten by something',
    withFile({ overwrite: true }),
    [`error IGNITION_OVERWRITE_WITHOUT_SOURCE ${at}.overwrite`],
  ],
  [
    'a file may be overwritten by nothing, when that is said',
    withFile({ overwrite: true, contents: { source: '' } }),
    [],
  ],
  [
    'what is appended has a source',
    withFile({ append: [{}, { source: 'data:,a' }, { source: 'data:,a' }] }),
    [`error IGNITION_APPEND_WITHOUT_SOURCE ${at}.append.0`],
  ],
  [
    'what is appended can be fetched',
    withFile({ append: [{ source: 'x' }] }),
    [`error IGNITION_SOURCE_SCHEME ${at}.append.0.source`],
  ],
]

testRules([...paths, ...owners, ...modes, ...files])
