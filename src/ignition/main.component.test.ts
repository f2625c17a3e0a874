import assert from 'node:assert/strict'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ScratchHost } from './scratch-host.ts'

assert.equal(process.getuid?.(), 0, 'these tests set owners: run them as root')

let host: ScratchHost
beforeEach(() => {
  host = new ScratchHost()
})
afterEach(() => host.remove())

const ignition = { version: '3.6.0' }
const data = (text: string) => ({ source: `data:,${encodeURIComponent(text)}` })

function modeOf(path: string): string {
  return (lstatSync(host.at(path)).mode & 0o7777).toString(8)
}

function read(path: string): string {
  return readFileSync(host.at(path), 'utf8')
}

async function succeed(config: unknown): Promise<void> {
  const { status, stderr } = await host.provision(config)
  assert.equal(status, 0, stderr)
}

async function fail(config: unknown): Promise<string> {
  const before = host.snapshot()
  const { status, stderr } = await host.provision(config)
  assert.equal(status, 1, stderr)
  assert.equal(host.snapshot().has('/var/lib/slipway/provisioned'), false)
  assert.deepEqual(readdirSync(host.outside), [])
  for (const path of before.keys()) assert.ok(host.snapshot().has(path), `${path} is gone`)
  return stderr
}

test('writes files with contents, mode and owner, and their parents as 0755 root', async () => {
  const path = '/opt/app/conf/a'
  await succeed({
    ignition,
    storage: {
      files: [
        {
          path,
          mode: 0o640,
          user: { name: 'app' },
          group: { name: 'staff' },
          contents: data('a\n'),
        },
        { path: '/etc/plain', contents: data('é') },
        { path: '/etc/empty' },
        { path: '/etc/ids', user: { id: 7 }, group: { id: 8 }, contents: { source: '' } },
      ],
    },
  })
  assert.equal(read(path), 'a\n')
  assert.equal(modeOf(path), '640')
  const { uid, gid } = lstatSync(host.at(path))
  assert.deepEqual([uid, gid], [1234, 50])
  assert.equal(modeOf('/opt/app'), '755')
  assert.equal(read('/etc/plain'), 'é')
  assert.equal(modeOf('/etc/plain'), '644')
  assert.equal(read('/etc/empty'), '')
  assert.deepEqual([lstatSync(host.at('/etc/ids')).uid, lstatSync(host.at('/etc/ids')).gid], [7, 8])
})

test('honours the setuid, setgid and sticky bits, also with another owner', async () => {
  await succeed({
    ignition,
    storage: {
      files: [{ path: '/s', mode: 0o6755, user: { id: 5 }, contents: data('x') }],
      directories: [{ path: '/t', mode: 0o1777 }],
    },
  })
  assert.equal(modeOf('/s'), '6755')
  assert.equal(modeOf('/t'), '1777')
})

test('decompresses and verifies contents', async () => {
  const source = `data:;base64,${gzipSync('hello\n').toString('base64')}`
  const hash = 'sha256-5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'
  await succeed({
    ignition,
    storage: {
      files: [{ path: '/z', contents: { source, compression: 'gzip', verification: { hash } } }],
    },
  })
  assert.equal(read('/z'), 'hello\n')
})

test('appends to what is there, keeping its mode and owner', async () => {
  host.put('/etc/hosts', 'old\n')
  await succeed({
    ignition,
    storage: { files: [{ path: '/etc/hosts', append: [data('a\n'), data('b\n')] }] },
  })
  assert.equal(read('/etc/hosts'), 'old\na\nb\n')
  assert.equal(modeOf('/etc/hosts'), '644')
})

test('replaces files and whole directories only with overwrite', async () => {
  host.put('/etc/f', 'old')
  host.put('/etc/d/old', 'old')
  const storage = (overwrite: boolean) => ({
    files: [{ path: '/etc/f', overwrite, contents: data('new') }],
    directories: [{ path: '/etc/d', overwrite }],
  })
  const stderr = await fail({ ignition, storage: storage(false) })
  assert.match(stderr, /user\.ign:1:\d+: \$\.storage\.files\.0: \/etc\/f exists already/)
  assert.equal(read('/etc/f'), 'old')
  await succeed({ ignition, storage: storage(true) })
  assert.equal(read('/etc/f'), 'new')
  assert.deepEqual(readdirSync(host.at('/etc/d')), [])
})

test('makes symbolic and hard links', async () => {
  await succeed({
    ignition,
    storage: {
      files: [{ path: '/a/b/c/file', contents: data('x') }],
      links: [
        { path: '/hard', target: '/a/b/c/file', hard: true },
        { path: '/soft', target: '../../somewhere', user: { name: 'app' } },
      ],
    },
  })
  assert.equal(lstatSync(host.at('/hard')).ino, lstatSync(host.at('/a/b/c/file')).ino)
  assert.equal(readlinkSync(host.at('/soft')), '../../somewhere')
  assert.equal(lstatSync(host.at('/soft')).uid, 1234)
})

test('writes units and drop-ins, masks, unmasks and enables them by preset', async () => {
  const units = '/etc/systemd/system'
  host.put(`${units}/real.service`, '[Service]\n')
  mkdirSync(host.at(`${units}/multi-user.target.wants`))
  symlinkSync('../off.service', host.at(`${units}/multi-user.target.wants/off.service`))
  symlinkSync('/dev/null', host.at(`${units}/un.service`))
  const contents = '[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n'
  await succeed({
    ignition,
    systemd: {
      units: [
        { name: 'on.service', enabled: true, contents },
        { name: 'on@b.service', enabled: true },
        { name: 'on@a.service', enabled: true },
        { name: 'off.service', enabled: false },
        { name: 'masked.service', mask: true, contents },
        { name: 'un.service', mask: false },
        { name: 'real.service', mask: false, dropins: [{ name: '10.conf', contents: '[Unit]\n' }] },
      ],
    },
  })
  assert.equal(read(`${units}/on.service`), contents)
  assert.equal(read(`${units}/real.service.d/10.conf`), '[Unit]\n')
  assert.equal(read(`${units}/real.service`), '[Service]\n')
  assert.equal(readlinkSync(host.at(`${units}/masked.service`)), '/dev/null')
  assert.equal(host.snapshot().has(`${units}/un.service`), false)
  assert.deepEqual(readdirSync(host.at(`${units}/multi-user.target.wants`)), [])
  assert.equal(
    read('/etc/systemd/system-preset/20-ignition.preset'),
    'disable off.service\nenable on.service\nenable on@.service b a\n',
  )
})

test('runs once: the marker and the report stay, and a second config has no effect', async () => {
  await succeed({ ignition, storage: { files: [{ path: '/first' }] } })
  const report: unknown = JSON.parse(read('/etc/.ignition-result.json'))
  const { userConfigProvided, made } = Object(report)
  assert.equal(userConfigProvided, true)
  assert.deepEqual(made.files, ['/first'])
  const before = host.snapshot()
  await succeed({ ignition, storage: { files: [{ path: '/second' }] } })
  assert.deepEqual(host.snapshot(), before)
})

test('reports what was there already, with the reasons', async () => {
  host.put('/etc/same', 'same')
  host.put('/etc/kept', 'kept')
  host.put('/etc/replaced', 'old')
  mkdirSync(host.at('/srv'))
  symlinkSync('same', host.at('/etc/link'))
  const rest = { mode: 0o644, user: { id: 0 }, group: { id: 0 } }
  await succeed({
    ignition,
    passwd: {
      users: [
        { name: 'app', gecos: 'App' },
        { name: 'new' },
        { name: 'never', shouldExist: false },
      ],
      groups: [{ name: 'staff' }],
    },
    storage: {
      directories: [{ path: '/srv' }, { path: '/opt' }],
      files: [
        { path: '/etc/same', ...rest, contents: data('same') },
        { path: '/etc/kept', mode: 0o600 },
        { path: '/etc/replaced', overwrite: true, contents: data('new') },
      ],
      links: [{ path: '/etc/link', target: 'same' }],
    },
  })
  const { made, removed, skipped } = JSON.parse(read('/etc/.ignition-result.json'))
  assert.deepEqual(
    [made.users, made.groups, made.directories, made.files, made.links, removed.users],
    [['new'], [], ['/opt'], ['/etc/replaced'], [], []],
  )
  assert.deepEqual(skipped, {
    ...{ partitions: [], arrays: [], volumes: [], filesystems: [] },
    groups: [{ name: 'staff', reason: 'it is there; what is given of it is as asked for' }],
    users: [
      { name: 'app', reason: 'it is there; what is given of it is as asked for' },
      { name: 'never', reason: 'it was not there' },
    ],
    directories: [{ name: '/srv', reason: 'it is there; mode and owner are as asked for' }],
    files: [
      { name: '/etc/same', reason: 'it has the contents, mode and owner asked for' },
      {
        name: '/etc/kept',
        reason: 'it is there, and no contents are given; mode and owner are as asked for now',
      },
    ],
    links: [{ name: '/etc/link', reason: 'it leads there already' }],
  })
})

test('an empty config provisions the host all the same', async () => {
  await succeed('')
  assert.match(read('/etc/.ignition-result.json'), /"userConfigProvided": false/)
})

test('the stages can run one after the other', async () => {
  const cache = `--config-cache=${join(host.outside, 'cache.json')}`
  const config = { ignition, storage: { files: [{ path: '/a', contents: data('x') }] } }
  const early = await host.provision(config, '--stage=files', cache)
  assert.match(early.stderr, /Run the stage fetch first/)
  const fetched = await host.provision(config, '--stage=fetch', cache, '--log-to-stdout')
  assert.equal(fetched.status, 0, fetched.stderr)
  assert.match(fetched.stdout, /read a config/)
  assert.equal(host.snapshot().has('/a'), false)
  assert.equal((await host.provision('', '--stage=files', cache)).status, 0)
  assert.equal(read('/a'), 'x')
})

test('links of the target root never lead a path out of it', async () => {
  symlinkSync(host.outside, host.at('/absolute'))
  symlinkSync('../../../../../../../../../..', host.at('/upwards'))
  symlinkSync(`../..${host.outside}`, host.at('/etc/relative'))
  symlinkSync('/absolute/chain', host.at('/etc/chain'))
  await succeed({
    ignition,
    storage: {
      files: [
        { path: '/absolute/a', contents: data('a') },
        { path: '/upwards/b', contents: data('b') },
        { path: '/etc/relative/c', contents: data('c') },
        { path: '/etc/chain/d', contents: data('d') },
      ],
      directories: [{ path: '/absolute/dir', mode: 0o700 }],
      links: [{ path: '/absolute/hard', target: '/upwards/b', hard: true }],
    },
  })
  assert.deepEqual(readdirSync(host.outside), [])
  assert.equal(read('/b'), 'b')
  for (const name of ['a', 'c', 'dir', 'hard'])
    assert.ok(host.snapshot().has(join(host.outside, name)))
  assert.ok(host.snapshot().has(join(host.outside, 'chain/d')))
})

test('a link at the end of a path is replaced, never followed', async () => {
  symlinkSync(join(host.outside, 'target'), host.at('/etc/l'))
  const file = { path: '/etc/l', contents: data('x') }
  await fail({ ignition, storage: { files: [file] } })
  await fail({ ignition, storage: { files: [{ path: '/etc/l', append: [data('x')] }] } })
  await fail({ ignition, storage: { directories: [{ path: '/etc/l', mode: 0o777 }] } })
  await succeed({ ignition, storage: { files: [{ ...file, overwrite: true }] } })
  assert.equal(lstatSync(host.at('/etc/l')).isFile(), true)
  assert.deepEqual(readdirSync(host.outside), [])
})

test('accounts are those of the target root, even if its passwd is a link outwards', async () => {
  host.put('/usr/passwd', 'inner:x:4321:4321::/:/x\n')
  rmSync(host.at('/etc/passwd'))
  symlinkSync('../../../usr/passwd', host.at('/etc/passwd'))
  await succeed({ ignition, storage: { files: [{ path: '/a', user: { name: 'inner' } }] } })
  assert.equal(lstatSync(host.at('/a')).uid, 4321)
})

test('reports everything that is wrong before it writes anything', async () => {
  const before = host.snapshot()
  symlinkSync('loop', host.at('/loop'))
  symlinkSync('etc', host.at('/same'))
  const stderr = await fail({
    ignition,
    storage: {
      directories: [{ path: '/good' }],
      files: [
        { path: '/a', user: { name: 'nobody-here' } },
        { path: '/b', contents: { source: 'data:,x', compression: 'gzip' } },
        {
          path: '/c',
          contents: { ...data('secret'), verification: { hash: `sha256-${'0'.repeat(64)}` } },
        },
        { path: '/loop/d' },
        { path: '/etc/e' },
        { path: '/same/e' },
        { path: '/etc/passwd/f' },
      ],
    },
  })
  for (const expected of [
    /\$\.storage\.files\.0\.user\.name: the host has no user "nobody-here", expected/,
    /\$\.storage\.files\.1\.contents\.compression: the data is not gzip/,
    /\$\.storage\.files\.2\.contents\.verification: the 6 bytes .* do not have this hash/,
    /\$\.storage\.files\.3\.path: \/loop\/d goes through more than 40 links/,
    /\$\.storage\.files\.5\.path: \/same\/e and \/etc\/e are both \/etc\/e/,
    /\$\.storage\.files\.6\.path: \/etc\/passwd\/f cannot be made: passwd in it is not a directory/,
    /the config has 6 mistakes, and nothing was written/,
  ])
    assert.match(stderr, expected)
  assert.doesNotMatch(stderr, /secret/)
  assert.equal(host.snapshot().size, before.size + 2)
})

test('refuses what it does not carry out, by name and line', async () => {
  const stderr = await fail(`{
  "ignition": {"version": "3.3.0"},
  "passwd": {"users": [{"name": "core", "sshAuthorizedKeys": ["ssh-ed25519 AAAA"]}]},
  "storage": {"disks": [], "luks": [{"name": "a", "device": "/dev/b", "clevis": {"tpm2": true}}]},
  "kernelArguments": {"shouldExist": ["usrhash=0"]}
}`)
  assert.match(stderr, /warning: .*user\.ign:3:62: .*\.0\.sshAuthorizedKeys: .* no SSH daemon/)
  assert.match(stderr, /user\.ign:5:39: \$\.kernelArguments\.shouldExist\.0: /)
  assert.match(stderr, /the config has 1 mistake,/)
  assert.doesNotMatch(stderr, /ssh-ed25519/)
})

test('never reboots a machine that was not started from an image of ours', async () => {
  const kernelArguments = { shouldExist: ['slipway.test=1'] }
  const stderr = await fail({ ignition, kernelArguments, storage: { files: [{ path: '/a' }] } })
  assert.match(stderr, /arguments cannot be changed: the kernel was not started from an image/)
  assert.doesNotMatch(stderr, /rebooting|writing/)
})

test('never replaces the root itself, but gives it a mode', async () => {
  host.put('/keep', 'x')
  const root = (node: object) => fail({ ignition, storage: node })
  assert.match(await root({ directories: [{ path: '/', overwrite: true }] }), /the root itself/)
  assert.match(
    await root({ files: [{ path: '/', overwrite: true, contents: data('') }] }),
    /itself/,
  )
  assert.match(await root({ links: [{ path: '/', overwrite: true, target: 'x' }] }), /itself/)
  assert.equal(read('/keep'), 'x')
  await succeed({ ignition, storage: { directories: [{ path: '/', mode: 0o750 }] } })
  assert.equal(modeOf('/'), '750')
})

test('says that a cloud-config is none of its own', async () => {
  const stderr = await fail('#cloud-config\nusers: []\n')
  assert.match(stderr, /error: .*user\.ign:1:1: \$: this is a cloud-config/)
})

test('wrong arguments exit with 2 and what helps', async () => {
  for (const flag of ['--stage=boot', '-platform=nowhere', '--root=relative', '-unknown', 'word']) {
    const { status, stderr } = await host.provision('', flag)
    assert.equal(status, 2, flag)
    assert.match(stderr, /slipway-host ignition -help lists all options/)
  }
})
