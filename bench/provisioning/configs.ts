import type { Unit } from '../rows.ts'

export type MeasuredConfig = {
  readonly name: string
  /** As in `provisioning by …`. */
  readonly title: string
  readonly config: object
  /** A line of shell that fails unless the config was carried out, with the directory that was the host's as `$root`. */
  readonly proof?: string
  /** What it may take; the peer's time and one start of our program unless told. */
  readonly limitMs?: number
  /** Milliseconds shown as such unless told. */
  readonly unit?: Unit
}

const fileBytes = 10_000

/** Contents that no compression shortens much, the same in each run. */
function contents(seed: number): string {
  let state = seed + 1
  const bytes = Buffer.alloc(fileBytes, 0)
  for (let at = 0; at < fileBytes; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[at] = state >>> 16
  }
  return `data:;base64,${bytes.toString('base64')}`
}

/** What hosts are provisioned by, in specification 3.3, the newest that both sides read. */
export const configs: readonly MeasuredConfig[] = [
  {
    name: 'empty',
    title: 'an empty config',
    config: { ignition: { version: '3.3.0' } },
    limitMs: 300,
  },
  {
    name: 'files',
    title: '100 files of 10 kB',
    config: {
      ignition: { version: '3.3.0' },
      storage: {
        files: Array.from({ length: 100 }, (_, index) => ({
          path: `/etc/measured/file-${index}`,
          mode: 0o644,
          contents: { source: contents(index) },
        })),
      },
    },
    proof: `test "$(stat -c %s "$root/etc/measured/file-99")" = ${fileBytes}`,
  },
]

/** The two disks that the array is made of, by their serials. */
export const arrayDisks = ['first', 'second'] as const

/**
 * What takes a machine with disks of its own: root on a mirror, as Butane writes it for mirrored boot disks. It has no path, so
 * neither side mounts it: the reference leaves that to units of the initrd.
 */
export const arrayConfig: MeasuredConfig = {
  name: 'array',
  title: 'one RAID 1 root',
  unit: 'ms',
  config: {
    ignition: { version: '3.3.0' },
    storage: {
      disks: arrayDisks.map((serial) => ({
        device: diskDevice(serial),
        wipeTable: true,
        partitions: [{ number: 1, label: `root-${serial}` }],
      })),
      raid: [{ name: 'root', level: 'raid1', devices: arrayDisks.map(memberDevice) }],
      filesystems: [
        { device: '/dev/md/root', format: 'ext4', label: 'root', wipeFilesystem: true },
      ],
    },
  },
  proof: `mdadm --detail /dev/md/root | grep -q 'Raid Level : raid1'
test "$(blkid --probe --match-tag LABEL --match-tag TYPE --output value /dev/md/root | sort | tr '\\n' ' ')" = 'ext4 root '`,
}

export function diskDevice(serial: string): string {
  return `/dev/disk/by-id/virtio-${serial}`
}

export function memberDevice(serial: string): string {
  return `/dev/disk/by-partlabel/root-${serial}`
}
