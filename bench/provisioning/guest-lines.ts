import { arrayConfig, arrayDisks, diskDevice, memberDevice } from './configs.ts'
import { ourLines, provisionedBy, referenceLines, startOf } from './lines.ts'

/** Where the machine has what is ours, below its root. */
export const benchFolder = 'opt/bench'

/** Serials of the machine's disks, apart from those of the array. */
export const disks = { tree: 'tree', ours: 'ours', work: 'work' } as const

/** Modules by which the machine comes to its root, in this order: busybox loads none that another only asks for softly. */
export const earlyModules = [
  ...['virtio_pci', 'virtio_blk', 'crc32c_generic', 'erofs', 'overlay'],
] as const

/** Modules that the system asks for by itself. */
export const laterModules = ['ext4', 'raid1'] as const

const program = `/${benchFolder}/slipway-host`

/** Process 1 of the initrd: lays our disk over the tree's, a file system in memory over both, and starts systemd there. */
export const initScript = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox mkdir -p /dev /proc /sys /tree /ours /memory /root
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
for module in ${earlyModules.join(' ')}; do modprobe $module; done
device() {
  for each in /sys/block/vd*; do
    [ "$(cat $each/serial)" = "$1" ] && echo /dev/\${each##*/}
  done
}
mount -t erofs -o ro "$(device ${disks.tree})" /tree
mount -t erofs -o ro "$(device ${disks.ours})" /ours
mount -t tmpfs memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/ours:/tree,upperdir=/memory/upper,workdir=/memory/work overlay /root
umount /proc /sys
mount --move /dev /root/dev
exec switch_root /root /usr/lib/systemd/systemd
`

/** The unit that the machine is started for. */
export const measuringUnit = `[Unit]
Description=Measures provisioning
[Service]
Type=oneshot
ExecStart=/bin/bash /${benchFolder}/measure
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
SuccessAction=poweroff-immediate
FailureAction=poweroff-immediate
`

/** The scripts of the machine by their names in its folder. */
export function guestScripts(turns: number, sides: readonly ('ours' | 'peer')[]) {
  return {
    ours: provisionedBy(ourLines(program, arrayConfig.name), arrayConfig),
    peer: provisionedBy(referenceLines(arrayConfig.name), arrayConfig),
    wipe: wipeScript,
    start: startOf(program),
    measure: measureScript(turns, sides),
  }
}

/** Gives the disks back as they were: empty. */
const wipeScript = `set -e
wipefs --quiet --all /dev/md/root
mdadm --quiet --stop /dev/md/root
for disk in ${arrayDisks.map(diskDevice).join(' ')}; do
  wipefs --quiet --all --force "$disk"-part1 "$disk"
  partx --delete "$disk" || true
done
udevadm settle
for member in ${arrayDisks.map(memberDevice).join(' ')}; do
  [ ! -e "$member" ]
done
`

/** What starts each line that is for us. */
const mark = 'bench:'

/** Each provisioning begins with empty disks, udev at rest, and what both sides read in memory. */
function measureScript(turns: number, sides: readonly string[]): string {
  return `here=/${benchFolder} work=/run/work
fail() { sed 's/^/${mark} /' /run/words; echo '${mark} failed'; exit 1; }
work_disk=${diskDevice(disks.work)}
{ udevadm settle && mkfs.ext4 -q -F "$work_disk" && mkdir "$work" && mount "$work_disk" "$work"; } 2>/run/words || fail
cp -a $here/host $here/${arrayConfig.name}.ign "$work"
cat /usr/bin/* /usr/sbin/* $here/slipway-host >/dev/null
# The console begins without an end of line of its own.
echo
for turn in $(seq ${turns}); do
  took=$(bash $here/start 2>/run/words) || fail
  echo "${mark} start $took"
  for side in ${sides.join(' ')}; do
    took=$(bash $here/$side "$work" 2>/run/words) || fail
    echo "${mark} $side $took"
    bash $here/wipe >/run/words 2>&1 || fail
  done
done
echo '${mark} done'
`
}

/** The console's last line: that all is measured, or that something failed, with the lines before it. */
export const measuringEnd = new RegExp(`^${mark} (?:done|failed)`)

export type GuestTimes = {
  /** Milliseconds, in the order of measuring. */
  readonly ours: readonly number[]
  readonly peer: readonly number[]
  readonly start: readonly number[]
}

/** What the lines of the console tell. Gives the words of what failed, where something did. */
export function readGuestTimes(lines: readonly string[]): GuestTimes | { readonly failed: string } {
  const told = lines
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(mark.length).trim())
  if (told.at(-1) !== 'done') {
    const isTime = /^(?:ours|peer|start) \d+$/
    const words = told.filter((line) => line !== 'failed' && !isTime.test(line))
    return { failed: words.join('\n') }
  }
  const of = (kind: keyof GuestTimes) =>
    told.flatMap((line) => {
      const [name, microseconds] = line.split(' ')
      return name === kind ? [Number(microseconds) / 1000] : []
    })
  return { ours: of('ours'), peer: of('peer'), start: of('start') }
}
