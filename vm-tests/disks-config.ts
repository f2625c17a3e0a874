import type { Disk } from '../src/qemu-runner/index.ts'

/** Two empty disks, as a machine has them that is provisioned by `disksConfig`. */
export const emptyDisks = (directory: string): Disk[] =>
  ['first', 'second'].map((serial) => ({
    serial,
    sizeBytes: 512 << 20,
    overlay: `${directory}/${serial}.qcow2`,
  }))

const byId = (serial: string) => `/dev/disk/by-id/virtio-${serial}`
const byLabel = (label: string) => `/dev/disk/by-partlabel/${label}`

const where = {
  mirror: { device: '/dev/md/mirror', path: '/var/lib/mirror', type: 'ext4' },
  secret: { device: '/dev/mapper/secret', path: '/var/lib/secret', type: 'ext4' },
  plain: { device: byLabel('plain'), path: '/srv/plain', type: 'vfat' },
}

const mountUnit = ({ device, path, type }: { device: string; path: string; type: string }) => ({
  name: `${path.slice(1).replaceAll('/', '-')}.mount`,
  enabled: true,
  contents: `[Mount]
What=${device}
Where=${path}
Type=${type}

[Install]
WantedBy=local-fs.target
`,
})

const text = (content: string) => ({ source: `data:,${encodeURIComponent(content)}` })

/**
 * A config (specification 3.4) that asks for something of everything: partitions, an array, a volume that the TPM
 * opens, file systems, swap, accounts, files, links, units.
 */
export const disksConfig = {
  storage: {
    disks: [
      {
        device: byId('first'),
        wipeTable: true,
        partitions: [
          { number: 1, label: 'mirror-a', sizeMiB: 96 },
          { number: 2, label: 'secret', sizeMiB: 96 },
          { number: 3, label: 'swap' },
        ],
      },
      {
        device: byId('second'),
        wipeTable: true,
        partitions: [
          { number: 1, label: 'mirror-b', sizeMiB: 96 },
          { number: 2, label: 'plain', startMiB: 200, sizeMiB: 64 },
        ],
      },
    ],
    raid: [{ name: 'mirror', level: 'raid1', devices: ['mirror-a', 'mirror-b'].map(byLabel) }],
    luks: [{ name: 'secret', device: byLabel('secret'), wipeVolume: true, clevis: { tpm2: true } }],
    filesystems: [
      ...Object.values(where).map(({ device, path, type }) => ({
        ...{ device, path, format: type, wipeFilesystem: true },
      })),
      { device: byLabel('swap'), format: 'swap', label: 'swap', wipeFilesystem: true },
    ],
    directories: [
      { path: '/var/lib/mirror/app', mode: 0o750, user: { name: 'app' }, group: { name: 'data' } },
    ],
    files: [
      {
        path: '/var/lib/mirror/app/notes',
        mode: 0o640,
        user: { id: 1500 },
        contents: text('one\n'),
      },
      { path: '/var/lib/secret/key', mode: 0o600, contents: text('of the vault') },
      { path: '/srv/plain/read.me', contents: text('on FAT') },
      { path: '/etc/hostname', overwrite: true, contents: text('provisioned\n') },
      { path: '/etc/hosts', append: [text('192.0.2.1 elsewhere\n')] },
    ],
    links: [{ path: '/etc/notes', target: '/var/lib/mirror/app/notes' }],
  },
  passwd: {
    groups: [{ name: 'data', gid: 1600 }],
    users: [{ name: 'app', uid: 1500, groups: ['data'], homeDir: '/var/lib/app' }],
  },
  systemd: {
    units: [
      ...Object.values(where).map(mountUnit),
      {
        name: 'dev-disk-by\\x2dpartlabel-swap.swap',
        enabled: true,
        contents: `[Swap]\nWhat=${byLabel('swap')}\n\n[Install]\nWantedBy=swap.target\n`,
      },
      {
        name: 'note@.service',
        contents: `[Unit]
RequiresMountsFor=/var/lib/mirror
[Service]
Type=oneshot
User=app
ExecStart=/usr/bin/grep .
StandardInputText=%i
StandardOutput=append:/var/lib/mirror/app/notes
[Install]
WantedBy=multi-user.target
`,
      },
      { name: 'note@two.service', enabled: true },
      { name: 'systemd-timesyncd.service', mask: true },
      {
        name: 'slipway-supervisor.service',
        dropins: [{ name: 'note.conf', contents: '[Service]\nEnvironment=NOTE=here\n' }],
      },
    ],
  },
}
