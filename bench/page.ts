import { idleMs } from './boots.ts'
import { type Recorded, rowsOf, settingsOf } from './recorded.ts'
import { reportTables, topicTitles } from './report.ts'
import type { Setting } from './setting.ts'
import { quietMs } from './updates/turns.ts'

/** The page `docs/benchmarks.md`: settings, aims, tables, method. */
export function benchmarkPage(recorded: Recorded): string {
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`, which measures Slipway and, in the same run, an image of the same purpose that',
    'mkosi makes from the same packages, with podman instead of our supervisor; and, of the same updates, what casync',
    'and RAUC would download; of the same configs, how long Ignition takes; and of the same containers, what dockerd and podman take. The samples behind the medians are in [benchmarks.json](benchmarks.json).',
    '',
    ...settingsOf(recorded).flatMap(({ setting, topics }) => [
      `**${topics.map((topic) => topicTitles[topic]).join(', ')}**`,
      '',
      settingList(setting),
      '',
    ]),
    reportTables(rowsOf(recorded)),
    method,
  ].join('\n')
}

function settingList({ date, machine, virtualMachine, versions }: Setting): string {
  const commit = versions.commit === undefined ? '' : `, commit ${versions.commit}`
  const peer = Object.entries(versions.peer).map(([name, version]) => `${name} ${version}`)
  return [
    `- Date: ${date}`,
    `- Machine: ${machine.processors} × ${machine.processor}, ${gibibytes(machine.memoryBytes)} GiB, ${machine.system}, Linux ${machine.kernel}; load before the run ${machine.loadAverage.join(', ')}`,
    ...(virtualMachine === undefined
      ? []
      : [
          `- Virtual machine: ${virtualMachine.cpus} processors, ${virtualMachine.memoryMiB} MiB, QEMU ${virtualMachine.qemu}, ${virtualMachine.acceleration}`,
        ]),
    `- Slipway: ${versions.slipway}${commit}, Node ${versions.node}`,
    ...(peer.length > 0 ? [`- Peer: ${peer.join(', ')}`] : []),
  ].join('\n')
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}

/** How long a container is visited before a turn. */
const visitedSeconds = quietMs.whole / 1000

const method = `## Method

Figures are medians; the extremes stand in brackets. Sides take turns, so that what slows the machine meets both.
A megabyte is 10^6 bytes.

**Build.** Ours is the whole command \`slipway build\`, in a copy of the checkout with a cache of its own; mkosi's
is the whole command \`mkosi build\`, in a Debian 13 tree. Both ask the archive for news at each build. "Cold" begins
without any earlier result. After a change of one file (a TypeScript file of the supervisor; a file of mkosi's extra
tree) ours uses its stored results and mkosi its incremental cache.

**Provisioning.** A directory with the accounts of a host is provisioned by ours, one process for all stages as in our
initrd, and by Debian's Ignition, a process for each stage as in its initrd's units. Empty configs and files are taken on the
machine itself, the array in a virtual one: Debian's kernel for physical machines, started without firmware, systemd, udev and
both programs in the same Debian tree, and two empty disks of 256 MiB. It is written as Butane writes mirrored boot disks, a
partition on each disk, RAID 1, ext4 with the label root and without a path, so neither side mounts it. Both sides find
the same programs there (mdadm, mkfs; sfdisk is ours, sgdisk Ignition's), and the disks are emptied after each.
The aim of an empty config is 300 ms, that of the others what Ignition takes and one start of our program, as it is there.

**Sizes.** The raw disk images are sparse, so the blocks that they use count. mkosi's update would be the image
itself: it has no smaller unit as configured here.

**Boot.** The first boot of a fresh image in QEMU, the same firmware (UEFI), machine and acceleration for both, until a
container answers over HTTP through a forwarded port. The host is told to run it by Ignition (ours) or by systemd's
credentials (the peer), and pulls its image, a busybox with httpd, from a registry on this machine. The first row is
taken outside the guest; firmware and boot loader end where the console's earliest kernel line says that the kernel
began; the rest is what the host says itself.

**Memory.** ${idleMs / 1000} s after the container's first answer, with that container running, in a boot of its own.

**Updates.** Older states of the image are built of older packages that the archive still has (a state that it has
no longer says so), and released with the newest state, with patches from each. Sizes are /usr and UKI together,
compressed as they go over the line; the hash tree is computed on the host. Chunks are counted with their index.
casync cuts the same two files with its own settings; counted are its indexes and the chunks, compressed as in
its store, that a store of the older state has not. RAUC makes a bundle for adaptive updates by its
block-hash-index, of the same two files; counted are that index and the blocks of the bundle (squashfs, 128 KiB,
gzip) that hold a block of 4 KiB that neither of the older files has. The blocks are counted by us, not by a host that
runs RAUC; the rest of its bundle (signature, its own hash tree) is left out, in its favour.

The turns are those of a host with the older state of a month, under QEMU, with a container that answers; each begins at
the same snapshot of the machine, and goes its way because the server has no other files. Time, CPU and memory
are what systemd counted of the agent's unit; memory includes the page cache that it was charged for, and Node
itself: the turn that finds nothing shows what of it is not the update's. Answers are timed outside the guest, one question
after another, over a connection of its own, for ${visitedSeconds} s before a turn and as long as it lasts. Across the reboot
questions go out every 100 ms; counted is the time from the last answer of the old release to the first one of the new.

**Container engine.** The host executable, dockerd with containerd and runc, and podman with crun run side by side, each
in mount, network and process namespaces of its own on the machine that builds, with the same Debian tree as root and a
registry of its own at 127.0.0.1; none has systemd there, so all are without scopes and write logs to files. dockerd and ours are driven by
the same \`docker\` command line, whose time counts too; lines of shell are timed by the shell that runs them. Containers are
made of a busybox. Memory and processor time are those of all processes of an engine outside of its containers: supervisor,
conmon and aardvark-dns; dockerd, containerd and its shims. Memory of each container is what they have more with
50 containers, divided by 50. The image that is pulled has 4,000 files; it is removed after each pull, and pulled
at the engines' own settings. Of 200,000 lines that ten containers write at once, the run fails if any is not in the log.

### What differs
- Our /usr is opened under dm-verity, the peer's root is plain ext4 without a second slot. Our first boot
  also runs Ignition, makes slot B and the root partition.
- The peer is mkosi's plain disk image: its initrd, its kernel modules, no documentation, none of our strip
  rules. It has a shell and a login prompt, and podman needs no daemon: its memory at rest is that of conmon.
- The container of the peer runs in the unit that a quadlet file would become.
- The peer's kernel gets \`audit=0\`: else its messages on the serial console would slow it down under emulation,
  which says nothing about mkosi.
`
