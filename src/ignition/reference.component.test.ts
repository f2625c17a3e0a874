import assert from 'node:assert/strict'
import { test } from 'node:test'
import { furnishedHost } from './furnished-host.ts'
import { type Outcome, outcomeOf, type ScratchHost } from './scratch-host.ts'

assert.equal(process.getuid?.(), 0, 'these tests set owners: run them as root')

const ignition = { version: '3.3.0' }
const data = (text: string) => ({ source: `data:,${encodeURIComponent(text)}` })
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ test'
const installed = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n'

/** What differs on purpose and is left out; docs/reference/ignition-files.md has the reasons. */
const intended: readonly (readonly [path: RegExp, why: string])[] = [
  [/^\/etc\/\.pwd\.lock$/, 'shadow leaves its lock behind'],
  [/^\/etc\/(?:passwd|group|shadow|gshadow)-$/, 'shadow keeps a backup'],
  [/^\/etc\/\.ignition-result\.json$/, 'times'],
  [/^\/etc\/systemd\/system\/[^/]+\.wants$/, 'systemctl removes a folder that it has emptied'],
  [/^\/var(?:\/lib(?:\/slipway(?:\/provisioned)?)?)?$/, 'the mark of a provisioned host'],
]

/** What differs within a file is made alike. */
const alike: Readonly<Record<string, (text: string) => string>> = {
  // Version 2.14 gives new groups the password *; later ones leave it to groupadd.
  '/etc/gshadow': (text) => text.replaceAll(':*:', ':!:'),
  // The test may run over midnight.
  '/etc/shadow': (text) => text.replace(/:2\d{4}:/g, ':today:'),
  // A link gets the owner of what it leads to from outside of the target root.
  '/home/gone': (text) => text.replace(/ \d+ \d+ /, ' 0 0 '),
  // Version 2.14 has the units in no order; later ones in that of their names.
  '/etc/systemd/system-preset/20-ignition.preset': (text) => {
    const [access, lines = ''] = text.split(/(?<=^(?:\S+ ){4})/)
    return `${access}${lines.split('\n').sort().join('\n')}`
  },
}

const configs: Readonly<Record<string, object>> = {
  'new users with all that can be said of them': {
    passwd: {
      groups: [
        { name: 'team', gid: 1500 },
        { name: 'tools', system: true },
      ],
      users: [
        {
          name: 'core',
          passwordHash: '$6$salt$hash',
          sshAuthorizedKeys: [key, `${key}2`],
          gecos: 'Core, User',
          groups: ['wheel', 'team'],
          shell: '/bin/sh',
        },
        {
          name: 'full',
          uid: 2000,
          homeDir: '/srv/deep/home',
          primaryGroup: 'staff',
          noLogInit: true,
        },
        { name: 'common', noUserGroup: true, noCreateHome: true, passwordHash: '' },
        { name: 'daemon2', system: true },
        { name: 'daemon3', system: true, noCreateHome: true, groups: ['50'] },
        { name: 'next' },
      ],
    },
  },
  'a user whose number is taken by a group': {
    passwd: { groups: [{ name: 'other', gid: 1301 }], users: [{ name: 'one' }, { name: 'two' }] },
  },
  'a user whose home directory is there already': {
    passwd: { users: [{ name: 'late', homeDir: '/srv/web' }] },
  },
  'users that exist and are changed': {
    passwd: {
      users: [
        { name: 'app', uid: 1400, primaryGroup: 'users', groups: ['staff'], gecos: 'New' },
        {
          name: 'web',
          homeDir: '/home/web',
          shell: '/usr/sbin/nologin',
          passwordHash: '$y$new',
          sshAuthorizedKeys: [key],
        },
        { name: 'net', passwordHash: '' },
        { name: 'root', passwordHash: '$6$root' },
      ],
    },
  },
  'a user that is moved and given another number': {
    passwd: { users: [{ name: 'app', uid: 1400, homeDir: '/home/moved', primaryGroup: 'web' }] },
  },
  'accounts that are not to exist': {
    passwd: {
      groups: [
        { name: 'wheel', shouldExist: false },
        { name: 'never', shouldExist: false },
      ],
      users: [
        { name: 'app', shouldExist: false },
        { name: 'web', shouldExist: false },
        { name: 'nobody-here', shouldExist: false },
      ],
    },
  },
  'files, directories and links': {
    passwd: { users: [{ name: 'core' }] },
    storage: {
      directories: [
        { path: '/srv/d', mode: 0o750, user: { name: 'core' }, group: { id: 50 } },
        { path: '/home/app', mode: 0o711 },
        { path: '/home/core/.config' },
        { path: '/srv/web', overwrite: true },
      ],
      files: [
        {
          path: '/srv/d/e/f',
          mode: 0o640,
          user: { name: 'core' },
          group: { name: 'core' },
          contents: data('x'),
        },
        { path: '/etc/plain', contents: data('plain') },
        { path: '/etc/empty' },
        { path: '/home/app/mine', append: [data('a'), data('b')], mode: 0o600 },
        { path: '/etc/new', append: [data('a'), data('b')], user: { name: 'app' } },
        { path: '/home/app/of-root', overwrite: true, contents: data('new') },
        { path: '/etc/skel/.profile', user: { name: 'core' } },
      ],
      links: [
        { path: '/srv/hard', target: '/srv/d/e/f', hard: true },
        { path: '/etc/soft', target: '../nowhere', user: { name: 'core' }, group: { id: 7 } },
        { path: '/etc/skel/.link', target: './.profile' },
        { path: '/etc/systemd/system/alias-of-on.service', target: '/x', overwrite: true },
      ],
    },
  },
  'what replaces something else': {
    storage: {
      directories: [
        { path: '/srv/absolute', overwrite: true, mode: 0o700 },
        { path: '/srv/web/index.html', overwrite: true },
      ],
      files: [
        { path: '/home/app/mine', overwrite: true, contents: data('new') },
        { path: '/etc/skel/.config', overwrite: true, contents: data('new') },
        { path: '/etc/skel/.link', overwrite: true, contents: data('new'), user: { id: 5 } },
      ],
      links: [
        { path: '/home/gone', overwrite: true, target: 'app' },
        { path: '/etc/default/useradd', overwrite: true, target: '/etc/login.defs', hard: true },
      ],
    },
  },
  'paths through links of the host': {
    storage: {
      files: [
        { path: '/srv/absolute/app/a', contents: data('a') },
        { path: '/srv/upwards/app/b/c', contents: data('b') },
      ],
      links: [{ path: '/srv/upwards/hard', target: '/srv/absolute/app/a', hard: true }],
    },
  },
  'units, drop-ins, masks and presets': {
    systemd: {
      units: [
        { name: 'new.service', enabled: true, contents: installed },
        { name: 'on.service', enabled: false },
        {
          name: 'off.service',
          enabled: true,
          dropins: [{ name: '1.conf', contents: '[Unit]\n' }, { name: '2.conf' }],
        },
        { name: 'masked.service', mask: false, contents: '' },
        { name: 'static.service', mask: true, contents: installed },
        { name: 'each@b.service', enabled: true },
        { name: 'each@a.service', enabled: true },
        { name: 'a.timer', enabled: true, contents: installed },
      ],
    },
  },
}

for (const [name, config] of Object.entries(configs))
  test(`comes to the same as the reference implementation: ${name}`, async () => {
    const ours = await nodesAfter((host) => host.provision({ ignition, ...config }))
    const theirs = await nodesAfter((host) => host.provisionByReference({ ignition, ...config }))
    assert.deepEqual(ours, theirs)
  })

/** What cannot be had, each on a host of its own. */
const refused: Readonly<Record<string, object>> = {
  'a file with other contents in its place': {
    files: [{ path: '/home/app/mine', contents: data('x') }],
  },
  'a link in the place of a file to append to': {
    files: [{ path: '/etc/skel/.link', append: [data('x')] }],
  },
  'a directory in the place of a file': { files: [{ path: '/etc/skel' }] },
  'a file in the place of a directory': { directories: [{ path: '/etc/login.defs' }] },
  'a link in the place of a directory': { directories: [{ path: '/srv/absolute' }] },
  'another link in the place of a link': { links: [{ path: '/srv/absolute', target: '/x' }] },
  'a file in the place of a link': { links: [{ path: '/etc/login.defs', target: '/x' }] },
  'a hard link to what is not there': { links: [{ path: '/a', target: '/b', hard: true }] },
  'a hard link to a directory': { links: [{ path: '/a', target: '/srv', hard: true }] },
  'an owner whom the host does not know': { files: [{ path: '/a', user: { name: 'nobody' } }] },
  'a path below a file': { files: [{ path: '/etc/login.defs/a' }] },
  'two paths that are one': { files: [{ path: '/srv/absolute/a' }, { path: '/srv/upwards/a' }] },
}

for (const [name, storage] of Object.entries(refused))
  test(`refuses what the reference implementation refuses: ${name}`, async () => {
    for (const provision of ['provision', 'provisionByReference'] as const) {
      const host = furnishedHost()
      const { status, stderr } = await host[provision]({ ignition, storage })
      host.remove()
      assert.equal(status, 1, `${provision}: ${stderr}`)
    }
  })

test('changes groups as groupmod does, which the reference implementation of today calls', async () => {
  const groups = [
    { name: 'staff', gid: 60 },
    { name: 'app', gid: 1600, passwordHash: '$6$group' },
    { name: 'wheel', passwordHash: '' },
  ]
  const ours = await nodesAfter((host) => host.provision({ ignition, passwd: { groups } }))
  const theirs = await nodesAfter(async (host) => {
    const groupmod = (...args: string[]) => outcomeOf('groupmod', ['--root', host.root, ...args])
    await groupmod('--gid', '60', 'staff')
    return groupmod('--gid', '1600', '--password', '$6$group', 'app')
  })
  assert.deepEqual(ours, theirs)
})

async function nodesAfter(change: (host: ScratchHost) => Promise<Outcome>): Promise<string[]> {
  const host = furnishedHost()
  try {
    const { status, stdout, stderr } = await change(host)
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    const isIntended = (path: string) => intended.some(([pattern]) => pattern.test(path))
    const nodes = [...host.snapshot()].filter(([path]) => !isIntended(path)).sort()
    return nodes.map(([path, node]) => `${path} ${alike[path]?.(node) ?? node}`)
  } finally {
    host.remove()
  }
}
