import type { JsonNode } from '../ignition-schema/index.ts'
import { isNull } from './convert.ts'
import { itemsOf, memberOf, textOf, valueOfNode } from './node.ts'
import type { Rendering } from './rendering.ts'
import { type Entry, type Tree, valueAt } from './yaml/tree.ts'

/** Top-level keys that say what only other systems can do. True if the key is such a one. */
export function refuseForeignKey(entry: Entry, rendering: Rendering): boolean {
  const { key, keyOffset, value } = entry
  const { bootDevice, grub } = rendering.variant
  if (key === 'extensions') {
    rendering.report('RENDER_EXTENSIONS', [key], keyOffset)
    return true
  }
  if (key === 'grub' && grub) {
    if (!isEmpty(value)) rendering.report('RENDER_GRUB', [key], keyOffset)
    return true
  }
  if (key !== 'boot_device' || !bootDevice) return false
  refuseBootDevice(value, keyOffset, rendering)
  return true
}

function refuseBootDevice(value: Tree, offset: number, rendering: Rendering): void {
  const mirror = wish(value, 'mirror')
  const luks = wish(value, 'luks')
  if (mirror !== undefined)
    rendering.report('RENDER_BOOT_MIRROR', ['boot_device', 'mirror'], mirror.keyOffset)
  if (luks !== undefined)
    rendering.report('RENDER_BOOT_LUKS', ['boot_device', 'luks'], luks.keyOffset)
  if (mirror === undefined && luks === undefined && !isEmpty(value))
    rendering.report('RENDER_BOOT_NOTHING', ['boot_device'], offset)
}

function wish(tree: Tree, key: string): Entry | undefined {
  if (tree.kind !== 'map') return undefined
  return tree.entries.find((entry) => entry.key === key && !isEmpty(entry.value))
}

/** True for what says nothing: null, false, or a map or list of such. */
function isEmpty(tree: Tree): boolean {
  if (tree.kind === 'scalar') return tree.value === false || isNull(tree)
  const parts = tree.kind === 'map' ? tree.entries.map(({ value }) => value) : tree.items
  return parts.every(isEmpty)
}

/** What the result says that another system understands otherwise. */
export function checkSystem(
  storage: JsonNode | undefined,
  yaml: Tree | undefined,
  rendering: Rendering,
): void {
  checkDevices(storage, rendering)
  if (rendering.variant.name === 'flatcar') checkClevis(yaml, rendering)
  else checkPartitions(storage, rendering)
}

const coreosDisk = '/dev/disk/by-id/coreos-boot-disk'

function checkDevices(storage: JsonNode | undefined, rendering: Rendering): void {
  itemsOf(storage, 'disks').forEach((disk, index) => {
    const device = memberOf(disk, 'device')
    if (device?.kind !== 'string' || device.value !== coreosDisk) return
    const path = ['storage', 'disks', index, 'device']
    rendering.report('RENDER_COREOS_DISK', path, device.offset, { device: coreosDisk })
  })
}

function checkClevis(yaml: Tree | undefined, rendering: Rendering): void {
  const volumes = valueAt(yaml, 'luks')
  if (volumes?.kind !== 'list') return
  volumes.items.forEach((volume, index) => {
    const clevis = wish(volume, 'clevis')
    if (clevis !== undefined)
      rendering.report('RENDER_CLEVIS', ['storage', 'luks', index, 'clevis'], clevis.keyOffset)
  })
}

function checkPartitions(storage: JsonNode | undefined, rendering: Rendering): void {
  itemsOf(storage, 'disks').forEach((disk, index) => {
    if (valueOfNode(memberOf(disk, 'wipeTable')) === true) return
    itemsOf(disk, 'partitions').forEach((partition, at) => {
      const label = memberOf(partition, 'label')
      const number = valueOfNode(memberOf(partition, 'number')) ?? 0
      if (label === undefined || number !== 0 || textOf(disk, 'device') === coreosDisk) return
      const path = ['storage', 'disks', index, 'partitions', at, 'label']
      rendering.report('RENDER_PARTITION_BY_LABEL', path, label.offset)
    })
  })
}
