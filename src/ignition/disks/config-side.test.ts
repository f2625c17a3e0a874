import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../../ignition-schema/index.ts'
import { crypttabSteps } from './crypttab.ts'
import { diskLimits } from './limits.ts'
import { planMounts } from './plan-mounts.ts'

const ignition = { version: '3.6.0' }

function limits(storage: object): string[] {
  const parsed = parseConfig(Buffer.from(JSON.stringify({ ignition, storage })), 'user.ign')
  assert.ok(parsed.config, JSON.stringify(parsed.problems))
  return diskLimits(parsed, parsed.config).map(({ path, message }) => `${path}: ${message}`)
}

test('mounts what is shallow first, and only what can be mounted', () => {
  const filesystems = [
    { device: '/dev/c', path: '/a/b/c/', format: 'ext4' },
    { device: '/dev/a', path: '/a', format: 'xfs', mountOptions: ['noatime', 'ro'] },
    { device: '/dev/s', format: 'swap' },
    { device: '/dev/n', path: '/n', format: 'none' },
    { device: '/dev/e', path: '', format: 'ext4' },
    { device: '/dev/b', path: '/a/b', format: 'ext4' },
  ]
  assert.deepEqual(
    planMounts({ ignition, storage: { filesystems } }).map(
      ({ device, at }) => `${device} ${at[2]}`,
    ),
    ['/dev/a 1', '/dev/b 5', '/dev/c 0'],
  )
})

const mountPoints: [path: string, reason: RegExp | undefined][] = [
  ['/usr/local', /is read-only/],
  ['/etc', /overlay/],
  ['/run/x', /belongs to/],
  ['/boot', /belongs to/],
  ['/var', /has what the initrd needs/],
  ['/var/lib', /has what the initrd needs/],
  ['/var/lib/slipway', /has what the initrd needs/],
  ['/var/lib/slipway/etc/upper', /has what the initrd needs/],
  ['/var/lib/slipway/volumes', undefined],
  ['/var/log', undefined],
  ['/srv', undefined],
  ['/etc/app', undefined],
]
for (const [path, reason] of mountPoints)
  test(`${path} ${reason === undefined ? 'can' : 'cannot'} be a file system of its own`, () => {
    const said = limits({ filesystems: [{ device: '/dev/vdb', format: 'ext4', path }] })
    if (reason === undefined) assert.deepEqual(said, [])
    else assert.match(said.join('\n'), reason)
  })

test('says why a volume cannot be opened as a config wants it', () => {
  const volume = (rest: object) => limits({ luks: [{ name: 'x', device: '/dev/vdb', ...rest }] })
  const server = { url: 'http://tang', thumbprint: 't' }
  assert.deepEqual(volume({ clevis: { tpm2: true } }), [])
  assert.deepEqual(volume({ keyFile: { source: 'data:,k' } }), [])
  assert.deepEqual(volume({ keyFile: { source: 'https://x/k' } }), [])
  const other = { ...server, url: 'http://other' }
  assert.deepEqual(volume({ clevis: { tang: [server] } }), [])
  assert.deepEqual(volume({ clevis: { tpm2: true, threshold: 1, tang: [server] } }), [])
  assert.deepEqual(volume({ clevis: { threshold: 2, tang: [server, other] } }), [])
  assert.match(
    volume({ clevis: { threshold: 2, tang: [server] } }).join(),
    /threshold: it takes 2 .*one is given/,
  )
  assert.match(volume({ clevis: { threshold: 1 } }).join(), /threshold: nothing is given/)
  const withTpm = { tpm2: true, threshold: 3, tang: [server, other] }
  assert.deepEqual(volume({ clevis: withTpm }), [])
  assert.match(volume({ clevis: { ...withTpm, threshold: 4 } }).join(), /threshold: .*3 are given/)
  assert.match(volume({ clevis: { tpm2: true, threshold: 2 } }).join(), /threshold: .*one is given/)
  const custom = { pin: 'sss', config: '{}', needsNetwork: true }
  assert.match(volume({ clevis: { custom } }).join(), /clevis\.custom: .*no shell/)
  assert.match(volume({ cex: { enabled: true } }).join(), /cex\.enabled: .*s390x/)
})

test('the host opens volumes by UUID, by their key file or the TPM', () => {
  const states = new Map([
    ['luks a', 'UA done'],
    ['luks b', 'UB done'],
  ])
  const luks = [
    { name: 'a', device: '/dev/vdb' },
    { name: 'b', device: '/dev/vdc', clevis: { tpm2: true } },
  ]
  const steps = crypttabSteps({ ignition, storage: { luks } }, { get: (key) => states.get(key) })
  assert.deepEqual(
    steps.map((step) => [step.path, ...(step.kind === 'lines' ? step.lines : []), step.mode]),
    [
      ['/etc/crypttab', 'a UUID=UA /etc/luks/a luks', 0o600],
      ['/etc/crypttab', 'b UUID=UB none luks,tpm2-device=auto', 0o600],
    ],
  )
})

test('the host opens a volume of a tang server by its own executable, once there is a network', () => {
  const clevis = { tpm2: true, tang: [{ url: 'http://tang', thumbprint: 't' }] }
  const luks = [{ name: 'my-data', device: '/dev/vdb', clevis }]
  const steps = crypttabSteps({ ignition, storage: { luks } }, { get: () => 'U done' })
  const [lines, opener] = steps
  assert.deepEqual(lines?.kind === 'lines' && lines.lines, ['my-data UUID=U none luks,_netdev'])
  assert.equal(
    opener?.path,
    '/etc/systemd/system/systemd-cryptsetup@my\\x2ddata.service.d/10-slipway-tang.conf',
  )
  const source = opener?.kind === 'file' ? opener.contents?.source : undefined
  const text = Buffer.from(source?.replace(/^data:;base64,/, '') ?? '', 'base64').toString()
  assert.match(text, /^ExecStart=\nExecStart=\/usr\/lib\/slipway\/slipway-host open-volume %I U$/m)
  assert.match(text, /^After=network\.target/m)
})

const rootLimits: [name: string, change: object, said: RegExp | undefined][] = [
  ['xfs that is made anew', {}, undefined],
  ['options of the file system', { mountOptions: ['noatime', 'logbsize=256k'] }, undefined],
  ['vfat', { format: 'vfat' }, /format: root cannot be on vfat/],
  ['what a disk held before', { wipeFilesystem: false }, /wipeFilesystem: root is made anew/],
  ['a root that nobody can write', { mountOptions: ['noatime,ro'] }, /mountOptions\.0: the option/],
  ['options with words of a shell', { mountOptions: ['x="$Y"'] }, /mountOptions\.0: the option/],
]
for (const [name, change, said] of rootLimits)
  test(`root on another device with ${name}: ${said === undefined ? 'can be' : 'refused'}`, () => {
    const root = { device: '/dev/md/root', path: '/', format: 'xfs', wipeFilesystem: true }
    const found = limits({ filesystems: [{ ...root, ...change }] })
    if (said === undefined) assert.deepEqual(found, [])
    else assert.match(found.join('\n'), said)
  })

test('leaves no key of a volume on the boot disk when root is elsewhere', () => {
  const filesystems = [{ device: '/dev/mapper/r', path: '/', format: 'ext4', wipeFilesystem: true }]
  const volume = (rest: object) =>
    limits({ filesystems, luks: [{ name: 'r', device: '/dev/vdb', ...rest }] })
  assert.deepEqual(volume({ clevis: { tpm2: true } }), [])
  assert.match(
    volume({ keyFile: { source: 'data:,k' } }).join('\n'),
    /luks\.0: the key of r would lie/,
  )
  const tang = [{ url: 'http://tang', thumbprint: 't' }]
  assert.deepEqual(volume({ clevis: { tang } }), [])
  assert.deepEqual(volume({ clevis: { tpm2: true, tang } }), [])
})

test('has the host open only what the initrd has not opened for root', () => {
  const luks = ['root', 'data'].map((name) => ({ name, clevis: { tpm2: true } }))
  const journal = { get: (key: string) => `${key.split(' ')[1]}-uuid done` }
  const steps = crypttabSteps({ ignition, storage: { luks } }, journal, new Set(['root-uuid']))
  assert.deepEqual(
    steps.flatMap((step) => (step.kind === 'lines' ? step.lines : [])),
    ['data UUID=data-uuid none luks,tpm2-device=auto'],
  )
})
