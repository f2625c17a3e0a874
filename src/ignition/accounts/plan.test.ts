import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../ignition-schema/index.ts'
import type { AccountTexts, Surroundings } from './draft.ts'
import { planAccounts } from './plan.ts'
import { accountSettings } from './settings.ts'

const before: AccountTexts = {
  passwd: 'root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/srv/web:/bin/sh\n',
  group: 'root:x:0:\nstaff:x:50:web,root\nweb:x:1000:\nusers:x:100:\n',
  shadow: 'root:*:1::::::\nweb:$6$old:1::::::\n',
  gshadow: 'root:*::\nstaff:!:web:web,root\nweb:!::\nusers:!::\n',
}

function host(more: Partial<Surroundings> = {}): Surroundings {
  return {
    settings: accountSettings('', ''),
    today: 20000,
    look: (path) => (path === '/srv/web' ? { uid: 1000, isDirectory: true } : undefined),
    hasBegunToMove: () => false,
    ...more,
  }
}

function plan(passwd: NonNullable<Config['passwd']>, more: Partial<Surroundings> = {}) {
  const { texts, homes, problems } = planAccounts(passwd, before, host(more))
  const added = (file: keyof AccountTexts) =>
    texts[file].split('\n').filter((line) => !before[file].split('\n').includes(line))
  return { texts, homes, problems, added }
}

test('a new user gets the next number, a group of its own, no password and a home directory', () => {
  const { added, homes, problems } = plan({ users: [{ name: 'core' }] })
  assert.deepEqual(added('passwd'), ['core:x:1001:1001::/home/core:/usr/bin/nologin'])
  assert.deepEqual(added('group'), ['core:x:1001:'])
  assert.deepEqual(added('shadow'), ['core:*:20000::::::'])
  assert.deepEqual(added('gshadow'), ['core:!::'])
  const skeleton = '/etc/skel'
  assert.deepEqual(homes, [
    { kind: 'create', home: '/home/core', uid: 1001, gid: 1001, mode: 0o700, skeleton },
  ])
  assert.deepEqual(problems, [])
})

test('system users get numbers from the top of their range, above those of releases', () => {
  const { added } = plan({
    users: ['a', 'b'].map((name) => ({
      name,
      system: true,
      noUserGroup: true,
      noCreateHome: true,
    })),
  })
  assert.deepEqual(added('passwd'), [
    'a:x:999:100::/home/a:/usr/bin/nologin',
    'b:x:998:100::/home/b:/usr/bin/nologin',
  ])
})

test('groups come before the users that are their members, by name or number', () => {
  const { texts } = plan({
    groups: [{ name: 'team', gid: 1500 }],
    users: [{ name: 'core', primaryGroup: '1500', groups: ['staff', '100'] }],
  })
  assert.match(texts.passwd, /^core:x:1001:1500:/m)
  assert.match(texts.group, /^staff:x:50:web,root,core$/m)
  assert.match(texts.group, /^users:x:100:core$/m)
  assert.match(texts.gshadow, /^staff:!:web:web,root,core$/m)
})

test('a user that exists is changed in what the config says, and in nothing else', () => {
  const { texts, homes } = plan({
    users: [{ name: 'web', uid: 1200, homeDir: '/home/web', groups: ['users'], passwordHash: '' }],
  })
  assert.match(texts.passwd, /^web:x:1200:1000::\/home\/web:\/bin\/sh$/m)
  assert.match(texts.shadow, /^web:\*:20000::::::$/m)
  assert.match(texts.group, /^staff:x:50:root$/m)
  assert.match(texts.gshadow, /^staff:!:web:root$/m)
  assert.deepEqual(homes, [
    { kind: 'move', from: '/srv/web', home: '/home/web' },
    { kind: 'give', home: '/home/web', uid: [1000, 1200], gid: [1000, 1000] },
  ])
})

test('a home directory that was being moved when a run was cut is moved on', () => {
  const both = { look: () => ({ uid: 1000, isDirectory: true }) }
  const users = [{ name: 'web', homeDir: '/home/web' }]
  assert.match(plan({ users }, both).problems[0]?.message ?? '', /\/home\/web is there already/)
  const again = plan({ users }, { ...both, hasBegunToMove: () => true })
  assert.deepEqual(again.problems, [])
  assert.deepEqual(again.homes, [{ kind: 'move', from: '/srv/web', home: '/home/web' }])
})

test('a user that is removed leaves no member, no administrator and no group behind', () => {
  const { texts, homes } = plan({ users: [{ name: 'web', shouldExist: false }] })
  assert.equal(texts.passwd, 'root:x:0:0::/root:/bin/sh\n')
  assert.equal(texts.group, 'root:x:0:\nstaff:x:50:root\nusers:x:100:\n')
  assert.equal(texts.shadow, 'root:*:1::::::\n')
  assert.equal(texts.gshadow, 'root:*::\nstaff:!::root\nusers:!::\n')
  assert.deepEqual(homes, [{ kind: 'remove', home: '/srv/web' }])
})

test('the same plan after it was carried out changes nothing', () => {
  const passwd = {
    groups: [{ name: 'team', gid: 1500, passwordHash: '$6$g' }],
    users: [{ name: 'core', passwordHash: '$6$u', groups: ['team'] }, { name: 'next' }],
  }
  const first = planAccounts(passwd, before, host())
  const second = planAccounts(passwd, first.texts, host({ today: 20001 }))
  assert.deepEqual(second.texts, first.texts)
  assert.deepEqual(second.homes, [])
})

test('lines that are no records stay where they are', () => {
  const odd = { ...before, passwd: `# note\n${before.passwd}+\n` }
  const { texts } = planAccounts({ users: [{ name: 'core' }] }, odd, host())
  assert.match(texts.passwd, /^# note\nroot:[\s\S]*\n\+\ncore:x:1001:/)
})

test('a password in passwd moves to shadow, where only root reads it', () => {
  const open = { ...before, passwd: before.passwd.replace('web:x', 'web:old'), shadow: '' }
  const { texts } = planAccounts({ users: [{ name: 'web', passwordHash: '$6$n' }] }, open, host())
  assert.match(texts.passwd, /^web:x:/m)
  assert.equal(texts.shadow, 'web:$6$n:20000::::::\n')
})

test('warns of numbers that a later release may give away', () => {
  const { problems } = plan({
    groups: [{ name: 'low', gid: 199 }],
    users: [{ name: 'low-user', uid: 199 }],
  })
  assert.deepEqual(
    problems.map(({ severity, at }) => `${severity} ${at.join('.')}`),
    ['warning passwd.groups.0.gid', 'warning passwd.users.0.uid'],
  )
})

for (const name of [
  '',
  'a:b',
  'a,b',
  'a b',
  'a/b',
  '-a',
  '+',
  '~a',
  '123',
  '..',
  'a\nb',
  'x'.repeat(256),
])
  test(`no account is called ${JSON.stringify(name).slice(0, 20)}`, () => {
    const { texts, problems } = plan({ users: [{ name }] })
    assert.deepEqual(
      problems.map(({ at }) => at.join('.')),
      ['passwd.users.0.name'],
    )
    assert.deepEqual(texts, before)
  })
