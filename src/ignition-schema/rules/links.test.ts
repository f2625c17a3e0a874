import type { Version } from '../index.ts'
import { type Case, storageWith, testRules } from '../testing/cases.ts'

const at = '$.storage.links.0'

function withLink(link: object, version?: Version) {
  const directories = [{ path: '/d' }, { path: '/l/e' }]
  return storageWith({ directories, links: [{ path: '/x', target: '/t', ...link }] }, version)
}

const targets: readonly Case[] = [
  ['a link points anywhere', withLink({ target: '../../anywhere/' }), []],
  ['a link has a target', withLink({ target: null }), [`error IGNITION_LINK_TARGET ${at}`]],
  [
    'the target of a link is not empty',
    withLink({ target: '' }),
    [`error IGNITION_LINK_TARGET ${at}`],
  ],
  [
    'up to 3.2.0 the types asked for the target',
    withLink({ target: null }, '3.2.0'),
    [`error IGNITION_TYPE ${at}.target`],
  ],
  [
    'a target has no NUL',
    withLink({ target: '/a\0' }),
    [`error IGNITION_LINK_TARGET_NUL ${at}.target`],
  ],
]

const hardLinks: readonly Case[] = [
  ['a link to a directory is no mistake', withLink({ target: '/d' }), []],
  [
    'a hard link to a directory is one',
    withLink({ target: '/d', hard: true }),
    [`error IGNITION_HARD_LINK_TO_DIRECTORY ${at}.target`],
  ],
  [
    'the target of a hard link is simplified first',
    withLink({ target: '/t/../d/', hard: true }),
    [`error IGNITION_HARD_LINK_TO_DIRECTORY ${at}.target`],
  ],
  [
    'the owner of a hard link does not count',
    withLink({ hard: true, user: { id: 0 }, group: { name: 'a' } }),
    [
      `warning IGNITION_HARD_LINK_OWNER ${at}.user.id`,
      `warning IGNITION_HARD_LINK_OWNER ${at}.group.name`,
    ],
  ],
  ['the owner of a link counts', withLink({ user: { id: 0 }, group: { name: 'a' } }), []],
]

testRules([...targets, ...hardLinks])
