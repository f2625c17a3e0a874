import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { namesIn } from '../../files/absence.ts'
import type { Esp } from '../esp/entries.ts'
import { findSlots, type Layout, type SlotPartition } from './layout.ts'
import { deviceNumber, readPartitionTable } from './partition-table.ts'

/** What discovery reads; the defaults are those of a host. */
export type HostPaths = {
  readonly commandLine: string
  readonly sys: string
  readonly usr: string
  /** Where the ESP is mounted. */
  readonly boot: string
}

const hostPaths: HostPaths = {
  commandLine: '/proc/cmdline',
  sys: '/sys',
  usr: '/usr',
  boot: '/boot',
}

/**
 * Finds the slots of the running host: the root hash from the kernel's command line, the disk from what
 * /usr is mounted from. Throws SLIPWAY_UPDATE_SLOT_* and SLIPWAY_UPDATE_ESP_MISSING; see `findSlots`.
 */
export async function discoverLayout(
  paths: HostPaths = hostPaths,
): Promise<{ rootHash: string; layout: Layout; esp: Esp }> {
  const rootHash = rootHashOf(await readFile(paths.commandLine, 'utf8'))
  const { dev } = await stat(paths.usr)
  const disk = `/dev/${await diskBelow(paths.sys, deviceNumber(dev))}`
  const layout = findSlots(await readPartitionTable(disk), rootHash)
  await refuseOtherPlaces(paths.sys, layout)
  return { rootHash, layout, esp: { directory: paths.boot, device: layout.esp.node } }
}

/** The same disk's slots as its table has them now. Throws as `findSlots`. */
export async function currentLayout(layout: Layout, rootHash: string): Promise<Layout> {
  const isImage = layout.free.usr.extent.path === layout.disk
  return findSlots(await readPartitionTable(layout.disk), rootHash, isImage)
}

/** The `usrhash=` of a kernel's command line, the last one if there are several. */
export function rootHashOf(commandLine: string): string {
  const words = commandLine.split(/[\s\0]+/).filter((word) => word.startsWith('usrhash='))
  const hash = words.at(-1)?.slice('usrhash='.length).toLowerCase() ?? ''
  if (!/^[0-9a-f]{64}$/.test(hash))
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_NO_ROOT_HASH', {
      commandLine: commandLine.trim(),
    })
  return hash
}

/**
 * The name of the disk below a device of the device mapper, as `vda`: /usr is a verity target over two
 * partitions of one disk.
 */
export async function diskBelow(sys: string, number: string): Promise<string> {
  const device = join(sys, 'dev/block', number)
  const fail = (reason: string) =>
    updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_DISK_UNKNOWN', { reason })
  const below = await namesIn(join(device, 'slaves'))
  if (below.length === 0) throw fail(`the block device ${number} has nothing below it`)
  const disks = new Set<string>()
  for (const name of below) {
    const partition = await realpath(join(device, 'slaves', name))
    if (!(await namesIn(partition)).includes('partition'))
      throw fail(`${name} is not a partition of a disk`)
    disks.add(basename(dirname(partition)))
  }
  const [disk, ...others] = disks
  if (disk === undefined || others.length > 0)
    throw fail(`/usr and its hash tree are on different disks: ${[...disks].join(', ')}`)
  return disk
}

/** The kernel keeps the table of its last reading; writing by another one would hit other bytes. */
async function refuseOtherPlaces(sys: string, { disk, running, free }: Layout): Promise<void> {
  const partitions = [running, free].flatMap(({ usr, verity, signature }) => [
    usr,
    verity,
    signature,
  ])
  for (const partition of partitions)
    if (!(await isWhereTheKernelHasIt(sys, partition)))
      throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_KERNEL_DIFFERS', {
        node: partition.node,
        disk,
      })
}

/** In sysfs, sectors have 512 bytes whatever the disk's are. */
async function isWhereTheKernelHasIt(
  sys: string,
  { node, startBytes, sizeBytes }: SlotPartition,
): Promise<boolean> {
  const folder = join(sys, 'class/block', basename(node))
  if ((await namesIn(folder)).length === 0) return false
  const sectors = async (name: string) => Number(await readFile(join(folder, name), 'utf8')) * 512
  return (await sectors('start')) === startBytes && (await sectors('size')) === sizeBytes
}
