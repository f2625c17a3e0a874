const byId = (serial: string) => `/dev/disk/by-id/virtio-${serial}`
const text = (content: string) => ({ source: `data:,${encodeURIComponent(content)}` })

/** A config (specification 3.4) whose root is a mirror of two disks that the TPM opens. */
export const otherRootConfig = {
  storage: {
    disks: ['first', 'second'].map((serial) => ({
      device: byId(serial),
      wipeTable: true,
      partitions: [{ number: 1, label: `root-${serial}` }],
    })),
    raid: [
      {
        name: 'root',
        level: 'raid1',
        devices: ['first', 'second'].map((serial) => `/dev/disk/by-partlabel/root-${serial}`),
      },
    ],
    luks: [{ name: 'root', device: '/dev/md/root', wipeVolume: true, clevis: { tpm2: true } }],
    filesystems: [
      {
        ...{ device: '/dev/mapper/root', path: '/', format: 'ext4', label: 'root' },
        ...{ wipeFilesystem: true, mountOptions: ['noatime'] },
      },
    ],
    files: [
      { path: '/srv/notes', mode: 0o640, user: { name: 'app' }, contents: text('on the mirror') },
      { path: '/etc/hostname', overwrite: true, contents: text('mirrored\n') },
    ],
  },
  passwd: { users: [{ name: 'app', uid: 1500 }] },
  systemd: {
    units: [
      {
        name: 'count.service',
        enabled: true,
        contents: `[Service]
Type=oneshot
ExecStart=/usr/bin/grep .
StandardInputText=once
StandardOutput=append:/var/lib/boots
[Install]
WantedBy=multi-user.target
`,
      },
    ],
  },
}
