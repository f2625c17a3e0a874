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
  ['/', /is made by the image/],
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
  assert.match(volume({ clevis: { tang: [server] } }).join(), /clevis\.tang: .*no shell/)
  assert.match(volume({ clevis: { tpm2: true, threshold: 2, tang: [server] } }).join(), /threshold/)
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
    steps.map(({ path, lines, mode }) => [path, ...lines, mode]),
    [
      ['/etc/crypttab', 'a UUID=UA /etc/luks/a luks', 0o600],
      ['/etc/crypttab', 'b UUID=UB none luks,tpm2-device=auto', 0o600],
    ],
  )
})
