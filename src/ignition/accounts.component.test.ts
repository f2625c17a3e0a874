import assert from 'node:assert/strict'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { furnishedHost } from './furnished-host.ts'
import { outcomeOf, type ScratchHost } from './scratch-host.ts'

assert.equal(process.getuid?.(), 0, 'these tests set owners: run them as root')

let host: ScratchHost
beforeEach(() => {
  host = furnishedHost()
})
afterEach(() => host.remove())

const provision = (passwd: object, more: object = {}) =>
  host.provision({ ignition: { version: '3.6.0' }, passwd, ...more })

function read(path: string): string {
  return readFileSync(host.at(path), 'utf8')
}

function ownerOf(path: string): [uid: number, gid: number] {
  const { uid, gid } = lstatSync(host.at(path))
  return [uid, gid]
}

test('leaves account files that pwck and grpck find right, and that sysusers adds to', async () => {
  const { status, stderr } = await provision({
    groups: [
      { name: 'tools', system: true },
      { name: 'staff', gid: 60 },
    ],
    users: [
      { name: 'core', passwordHash: '$6$salt$hash', groups: ['staff', 'wheel'] },
      { name: 'agent', system: true, noCreateHome: true },
      { name: 'app', uid: 1400, groups: ['tools'] },
      { name: 'gone', shouldExist: false },
    ],
  })
  assert.equal(status, 0, stderr)
  await isConsistent()
  host.put(
    '/usr/lib/sysusers.d/later.conf',
    'u release 199 "Later"\nu any - "Any"\nu core - "Core"\n',
  )
  const sysusers = await outcomeOf('systemd-sysusers', ['--root', host.root])
  assert.equal(sysusers.status, 0, sysusers.stderr)
  assert.doesNotMatch(sysusers.stderr, /already used/)
  assert.match(read('/etc/passwd'), /^release:x:199:199:/m)
  await isConsistent()
})

async function isConsistent(): Promise<void> {
  const files = ['/etc/passwd', '/etc/shadow'].map((path) => host.at(path))
  const pwck = await outcomeOf('pwck', ['--read-only', '--quiet', ...files])
  assert.equal(pwck.status, 0, pwck.stdout)
  const grpck = await outcomeOf('grpck', ['--read-only', '--root', host.root])
  assert.equal(grpck.status, 0, grpck.stdout)
  const uids = read('/etc/passwd')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(':')[2])
  assert.equal(new Set(uids).size, uids.length, read('/etc/passwd'))
}

test('keeps owner and mode of the account files, and makes secret ones for root alone', async () => {
  chownSync(host.at('/etc/shadow'), 0, 42)
  assert.equal((await provision({ users: [{ name: 'core' }] })).status, 0)
  assert.deepEqual(ownerOf('/etc/shadow'), [0, 42])
  const modeOf = (path: string) => (lstatSync(host.at(path)).mode & 0o7777).toString(8)
  assert.deepEqual(['/etc/passwd', '/etc/shadow'].map(modeOf), ['644', '640'])
})

test('files may belong to users of the same config, and no home directory is made unless told', async () => {
  const { status, stderr } = await provision(
    { groups: [{ name: 'team' }], users: [{ name: 'core', noCreateHome: true }] },
    {
      storage: {
        files: [{ path: '/srv/mine', user: { name: 'core' }, group: { name: 'team' } }],
      },
    },
  )
  assert.equal(status, 0, stderr)
  assert.equal(existsSync(host.at('/home/core')), false)
  assert.match(read('/etc/passwd'), new RegExp(`^core:x:${ownerOf('/srv/mine')[0]}:`, 'm'))
  assert.match(read('/etc/group'), new RegExp(`^team:x:${ownerOf('/srv/mine')[1]}:`, 'm'))
})

test('says every mistake in its place before anything is written, and never a password', async () => {
  const before = host.snapshot()
  const { status, stderr } = await provision({
    groups: [
      { name: 'taken', gid: 50 },
      { name: 'web', shouldExist: false },
    ],
    users: [
      { name: 'one', uid: 1234 },
      { name: 'two', groups: ['staff', 'nowhere'] },
      { name: 'three', primaryGroup: 'nowhere' },
      { name: 'staff' },
      { name: 'a:b' },
      { name: 'five', passwordHash: '$6$secret:secret' },
      { name: 'six', gecos: 'a\nb', homeDir: 'relative', shell: 'relative' },
      { name: 'seven', noCreateHome: true, sshAuthorizedKeys: ['ssh-ed25519 AAAA'] },
      { name: 'web', homeDir: '/home/app' },
      { name: 'root', shouldExist: false },
      { name: 'eight', homeDir: '/etc/passwd/home' },
    ],
  })
  assert.equal(status, 1, stderr)
  for (const expected of [
    /groups\.0\.gid: another group has the number 50/,
    /groups\.1: the group cannot be removed: it is the primary group of web/,
    /users\.0\.uid: another user has the number 1234/,
    /users\.1\.groups\.1: the host has no group "nowhere"/,
    /users\.2\.primaryGroup: the host has no group "nowhere"/,
    /users\.3\.name: the group staff exists already, expected primaryGroup/,
    /users\.4\.name: no account can have this name/,
    /users\.5\.passwordHash: it cannot be in the files of accounts/,
    /users\.6\.gecos: .* expected no colon, line break or NUL/,
    /users\.6\.homeDir: the path is relative/,
    /users\.6\.shell: the path is relative/,
    /users\.7\.sshAuthorizedKeys: seven has no directory for keys: there is no \/home\/seven/,
    /users\.8\.homeDir: .* \/home\/app is there already/,
    /users\.9: root cannot be removed/,
    /users\.10: \/etc\/passwd\/home .* passwd in it is not a directory/,
    /the config has 15 mistakes, and nothing was written/,
  ])
    assert.match(stderr, expected)
  assert.doesNotMatch(stderr, /secret/)
  assert.deepEqual(host.snapshot(), before)
})

test('does not remove a home directory that others live in, or that is not the user’s', async () => {
  writeFileSync(host.at('/etc/passwd'), `${read('/etc/passwd')}above:x:1234:1235::/home:/bin/sh\n`)
  chownSync(host.at('/home'), 1234, 1235)
  mkdirSync(host.at('/srv/gone'))
  const { status, stderr } = await provision({
    users: [
      { name: 'above', shouldExist: false },
      { name: 'net', shouldExist: false },
    ],
  })
  assert.equal(status, 0, stderr)
  assert.match(stderr, /warning: .*\/home is kept: the home directory of app is there too/)
  assert.match(stderr, /warning: .*\/ is kept: it belongs to somebody else/)
  assert.equal(read('/home/app/mine'), 'mine\n')
  assert.doesNotMatch(read('/etc/passwd'), /^(?:above|net):/m)
})

test('a lock of a process that lives is respected, and one of a process that is gone is not', async () => {
  host.put('/etc/passwd.lock', String(process.pid))
  const { status, stderr } = await provision({ users: [{ name: 'core' }] })
  assert.equal(status, 1)
  assert.match(
    stderr,
    /users and groups are being changed by process \d+, which holds \/etc\/passwd\.lock/,
  )
  assert.equal(read('/etc/passwd.lock'), String(process.pid))
  assert.equal(existsSync(host.at('/etc/group.lock')), false)
  host.put('/etc/passwd.lock', '999999999')
  assert.equal((await provision({ users: [{ name: 'core' }] })).status, 0)
  assert.equal(existsSync(host.at('/etc/passwd.lock')), false)
})

test('on an overlay, as hosts have it, the release’s files below stay as they are', async () => {
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(host.outside, name))
  assert.ok(lower !== undefined && upper !== undefined && work !== undefined)
  renameSync(host.at('/etc'), lower)
  for (const directory of [host.at('/etc'), upper, work]) mkdirSync(directory)
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
  const mount = ['-t', 'overlay', 'overlay', '-o', options, host.at('/etc')]
  const mounted = await outcomeOf('mount', mount)
  assert.equal(mounted.status, 0, mounted.stderr)
  try {
    const passwd = readFileSync(join(lower, 'passwd'), 'utf8')
    const { status, stderr } = await provision({
      groups: [{ name: 'wheel', shouldExist: false }],
      users: [{ name: 'core' }, { name: 'web', homeDir: '/etc/web' }],
    })
    assert.equal(status, 0, stderr)
    await isConsistent()
    assert.match(read('/etc/passwd'), /^core:/m)
    assert.equal(read('/etc/web/index.html'), 'hello\n')
    assert.equal(readFileSync(join(lower, 'passwd'), 'utf8'), passwd)
    assert.deepEqual(readdirSync(upper).sort(), [
      '.ignition-result.json',
      'group',
      'gshadow',
      'passwd',
      'shadow',
      'web',
    ])
  } finally {
    await outcomeOf('umount', [host.at('/etc')])
  }
})
