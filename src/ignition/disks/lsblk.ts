import {
  count,
  type JsonObject,
  list,
  object,
  optional,
  parseJson,
  text,
} from '../../json/value.ts'

/** What `lsblk` tells of a device: its size, and by what it and its partitions are in use. */
export type BlockDevice = {
  readonly sizeBytes: number
  readonly sectorBytes: number
  readonly usedBy?: string
  readonly usedPartitions: ReadonlyMap<number, string>
}

/** The columns that `readLsblk` needs; NAME makes it a tree of what is on top of the device. */
export const lsblkColumns = 'NAME,TYPE,SIZE,LOG-SEC,MOUNTPOINTS'

/** Reads `lsblk --json --bytes --paths` of one device; throws JsonShapeError. */
export function readLsblk(json: Uint8Array): BlockDevice {
  const [first] = list(object(parseJson(json), 'lsblk').blockdevices, 'blockdevices')
  const device = object(first, 'blockdevices[0]')
  const name = text(device.name, 'name')
  const children = childrenOf(device)
  const usedPartitions = new Map<number, string>()
  for (const child of children) {
    const by = isPartition(child) ? useOf(child) : undefined
    if (by !== undefined) usedPartitions.set(numberOf(text(child.name, 'name'), name), by)
  }
  const usedBy = useOf(device)
  return {
    sizeBytes: count(device.size, 'size'),
    sectorBytes: count(device['log-sec'], 'log-sec'),
    usedPartitions,
    ...(usedBy !== undefined && { usedBy }),
  }
}

function useOf(device: JsonObject): string | undefined {
  const [mounted] = (optional(device.mountpoints, 'mountpoints', list) ?? []).filter(
    (each) => each !== null,
  )
  if (mounted !== undefined) return text(mounted, 'mountpoints[0]')
  const holder = childrenOf(device).find((child) => !isPartition(child))
  return holder === undefined ? undefined : text(holder.name, 'name')
}

function childrenOf(device: JsonObject): JsonObject[] {
  const children = optional(device.children, 'children', list) ?? []
  return children.map((child) => object(child, 'children[]'))
}

function isPartition(device: JsonObject): boolean {
  return device.type === 'part'
}

function numberOf(partition: string, disk: string): number {
  return Number(partition.slice(disk.length).replace(/^p/, ''))
}
