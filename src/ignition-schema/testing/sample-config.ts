import { createHash } from 'node:crypto'
import type { Shape } from '../shape.ts'
import { config as configShape } from '../specification/config.ts'

/** What fields hold, by their path without indices or by their name: mostly what is valid. */
const texts: Readonly<Record<string, readonly string[]>> = {
  'ignition.config.merge.source': ['http://a/1', 'https://b/2', 'data:,%7B%7D', 's3://bucket/key'],
  'ignition.proxy.httpProxy': ['http://proxy:3128', 'https://proxy'],
  'ignition.proxy.httpsProxy': ['https://proxy', 'http://proxy'],
  'ignition.proxy.noProxy': ['localhost', '.example.org', '10.0.0.0/8'],
  'passwd.users.name': ['core', 'admin', 'svc-1'],
  'passwd.groups.name': ['wheel', 'staff', 'g-2'],
  'passwd.users.groups': ['wheel', 'staff'],
  'storage.disks.device': ['/dev/disk/by-id/a', '/dev/disk/by-id/b', '/dev/md/x'],
  'storage.disks.partitions.label': ['root', 'var', 'log', 'data', 'etc', 'opt'],
  'storage.filesystems.device': ['/dev/disk/by-label/a', '/dev/disk/by-label/b', '/dev/md/y'],
  'storage.filesystems.label': ['A', 'DATA', 'ROOT'],
  'storage.filesystems.path': ['/', '/var', '/opt/data'],
  'storage.luks.name': ['crypt', 'secret', 'swap'],
  'storage.luks.device': ['/dev/disk/by-id/l', '/dev/disk/by-id/m'],
  'storage.luks.label': ['luks-a', 'luks-b'],
  'storage.luks.clevis.custom.pin': ['tpm2', 'tang', 'sss'],
  'storage.luks.clevis.tang.url': ['http://tang1', 'https://tang2:8443/x'],
  'storage.luks.clevis.tang.thumbprint': ['t1', 'abcdef'],
  'storage.raid.name': ['data', 'boot', 'md-1'],
  'storage.raid.level': ['raid0', 'raid1', 'raid4', 'raid5', 'raid6', 'raid10', 'linear', 'stripe'],
  'storage.raid.devices': ['/dev/disk/by-id/r', '/dev/disk/by-id/s', '/dev/disk/by-id/t'],
  'storage.filesystems.format': ['ext4', 'xfs', 'btrfs', 'vfat', 'swap'],
  'storage.files.path': ['/etc/a', '/opt/b', '/srv/c/d', '/etc/hostname'],
  'storage.directories.path': ['/var/d', '/srv/e', '/opt/f/g'],
  'storage.links.path': ['/etc/l', '/usr/m', '/srv/n'],
  'storage.links.target': ['/etc/a', '../x', '/opt/b'],
  'systemd.units.name': [
    'a.service',
    'b.timer',
    'c@.service',
    'c@1.service',
    'd.mount',
    'e.socket',
  ],
  'systemd.units.dropins.name': ['10-a.conf', '20-b.conf', 'c.conf'],
  contents: [
    '[Unit]\nDescription=x\n[Install]\nWantedBy=multi-user.target\n',
    '# a comment\n[Service]\nExecStart=/bin/true \\\n  more\n',
    '',
  ],
  source: [
    'http://a/x',
    'https://b:1/y?z=1',
    'data:,hello',
    'data:;base64,aGVsbG8=',
    's3://b/k',
    'tftp://h/f',
    'gs://b/o',
  ],
  compression: ['gzip', ''],
  hash: [512, 256].map(
    (bits) => `sha${bits}-${createHash(`sha${bits}`).update('x').digest('hex')}`,
  ),
  typeGuid: ['0FC63DAF-8483-4772-8E79-3D69D8477DE4', '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709'],
  guid: ['11111111-2222-3333-4444-555555555501', '11111111-2222-3333-4444-555555555502'],
  uuid: ['11111111-2222-3333-4444-555555555503'],
  passwordHash: ['$6$abc$def', '*'],
  sshAuthorizedKeys: ['ssh-ed25519 AAAAC3Nz a', 'ssh-rsa AAAAB3Nz b'],
  'kernelArguments.shouldExist': ['quiet', 'a=b'],
  'kernelArguments.shouldNotExist': ['splash', 'c=d'],
}

const integers: Readonly<Record<string, readonly number[]>> = {
  mode: [0, 0o600, 0o644, 0o755, 0o1777],
  number: [0, 1, 2, 3, 4, 5],
  sizeMiB: [0, 1, 100, 1024],
  startMiB: [0, 1, 200, 4096],
  spares: [0, 0, 1],
  threshold: [1, 1, 2],
}

/** A config of a minor version that is valid more often than not. */
export function sampleConfig(random: () => number, minor: number): Record<string, unknown> {
  const density = 0.15 + random() * 0.6
  const sampled = sample(configShape, [], { random, minor, density })
  const config = typeof sampled === 'object' && sampled !== null ? { ...sampled } : {}
  const ignition: unknown = Reflect.get(config, 'ignition')
  return {
    ...config,
    ignition: { ...(typeof ignition === 'object' ? ignition : {}), version: `3.${minor}.0` },
  }
}

type Context = {
  readonly random: () => number
  readonly minor: number
  /** The share of fields that are there without need. */
  readonly density: number
}

function sample(shape: Shape, path: readonly string[], context: Context): unknown {
  const { random, minor, density } = context
  const name = path.at(-1) ?? ''
  switch (shape.kind) {
    case 'string':
      return pick(texts[path.join('.')] ?? texts[name] ?? ['s', 't', 'u'], random)
    case 'integer':
      return pick(integers[name] ?? [0, 1, 2, 1000], random)
    case 'boolean':
      return random() < 0.5
    case 'list': {
      const length = Math.ceil(random() * 3)
      const items = Array.from({ length }, () => sample(shape.item, path, context))
      const { identity } = shape
      if (identity === undefined) return items
      return [...new Map(items.map((item) => [identity.keyOf(item), item])).values()]
    }
    case 'object':
      return Object.fromEntries(
        Object.entries(shape.fields)
          .filter(([, { since }]) => since <= minor)
          .filter(([field, { requiredUntil }]) => {
            const needed = requiredUntil >= minor || usual.has(field)
            return needed || random() < (path.length < 2 ? 0.5 : density)
          })
          .map(([field, { shape: inner }]) => [field, sample(inner, [...path, field], context)]),
      )
  }
}

/** Fields without which a config is refused mostly, though no schema says so. */
const usual = new Set([
  'format',
  'level',
  'devices',
  'device',
  'url',
  'thumbprint',
  'label',
  'target',
  'source',
])

/** One of a list that is not empty. */
export function pick<T>(from: readonly T[], random: () => number): T | undefined {
  return from[Math.floor(random() * from.length)]
}
