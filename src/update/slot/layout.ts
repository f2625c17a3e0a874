import { slotUuids } from '../../disk/identifiers.ts'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import type { Partition } from './gpt.ts'
import type { PartitionTable } from './partition-table.ts'

/** Where a partition's bytes are: a device node from its beginning, or a part of a disk's image. */
export type Extent = {
  readonly path: string
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export type SlotPartition = Partition & {
  /** The device node, by which messages name the partition. */
  readonly node: string
  readonly extent: Extent
}

/** One of the two sets of partitions that hold a release's /usr. */
export type Slot = {
  readonly usr: SlotPartition
  readonly verity: SlotPartition
  readonly signature: SlotPartition
}

export type Layout = {
  readonly disk: string
  readonly running: Slot
  readonly free: Slot
  readonly esp: SlotPartition
}

/** The label of a slot that holds nothing. */
export const EMPTY_LABEL = '_empty'

/** The label of the slot that holds a release. */
export function slotLabel(version: string): string {
  return `slipway_${version}`
}

/** The version of the release that a slot holds by its label; undefined for none. */
export function labelledVersion(label: string): string | undefined {
  return label.startsWith(slotLabel('')) ? label.slice(slotLabel('').length) : undefined
}

/**
 * Tells the slots of a disk apart. What runs is the slot with the UUIDs of the root hash that the kernel
 * was booted with; labels decide nothing. `isImage`: the disk is a file, whose partitions have no device
 * nodes.
 *
 * Throws SLIPWAY_UPDATE_SLOT_ORDER, _COUNT, _RUNNING_MISSING, _RUNNING_TWICE, _LABEL_TWICE and
 * SLIPWAY_UPDATE_ESP_MISSING when the table is not one that an update can be written to.
 */
export function findSlots(table: PartitionTable, rootHash: string, isImage = false): Layout {
  const { disk } = table
  const located = table.partitions.map((partition) => locate(disk, partition, isImage))
  const esps = located.filter(({ typeUuid }) => typeUuid === ESP_TYPE)
  const [esp] = esps
  if (esp === undefined || esps.length > 1)
    throw updateSlotErrors.error('SLIPWAY_UPDATE_ESP_MISSING', { disk, count: esps.length })
  const uuids = slotUuids(rootHash)
  refuseCopies(disk, located, uuids)
  const [first, second, ...more] = slotsOf(disk, located)
  if (first === undefined || second === undefined || more.length > 0) {
    const count = [first, second, ...more].filter((slot) => slot !== undefined).length
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_COUNT', { disk, count })
  }
  const runs = (slot: Slot) => slot.usr.uuid === uuids.data && slot.verity.uuid === uuids.verity
  const running = [first, second].find(runs)
  if (running === undefined)
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_RUNNING_MISSING', { disk, rootHash })
  const { label } = first.usr
  if (label === second.usr.label && label !== EMPTY_LABEL)
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_LABEL_TWICE', { disk, label })
  return { disk, running, free: running === first ? second : first, esp }
}

/** The partition's device node: `/dev/vda5`, `/dev/nvme0n1p5`. */
export function partitionNode(disk: string, number: number): string {
  return /\d$/.test(disk) ? `${disk}p${number}` : `${disk}${number}`
}

const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'

/** Types of the Discoverable Partitions Specification, for x86-64 and 64-bit ARM. */
const partTypes = new Map<string, keyof Slot>([
  ['8484680c-9521-48c6-9c11-b0720656f69e', 'usr'],
  ['77ff5f63-e7b6-4633-acf4-1565b864c0e6', 'verity'],
  ['e7bb33fb-06cf-4e81-8273-e543b413e2e2', 'signature'],
  ['b0e01050-ee5f-4390-949a-9101b17104e9', 'usr'],
  ['6e11a4e7-fbca-4ded-b9e9-e1a512bb664e', 'verity'],
  ['c23ce4ff-44bd-4b00-b2d4-b41b3419e02a', 'signature'],
])

function locate(disk: string, partition: Partition, isImage: boolean): SlotPartition {
  const { number, startBytes, sizeBytes } = partition
  const node = partitionNode(disk, number)
  const extent = isImage
    ? { path: disk, offsetBytes: startBytes, sizeBytes }
    : { path: node, offsetBytes: 0, sizeBytes }
  return { ...partition, node, extent }
}

/** The kernel would open either of two partitions with one UUID. */
function refuseCopies(
  disk: string,
  partitions: readonly SlotPartition[],
  uuids: { data: string; verity: string },
): void {
  for (const uuid of [uuids.data, uuids.verity]) {
    const nodes = partitions.filter((partition) => partition.uuid === uuid).map(({ node }) => node)
    if (nodes.length > 1)
      throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_RUNNING_TWICE', {
        disk,
        nodes: nodes.join(', '),
      })
  }
}

/** The k-th usr, usr-verity and usr-verity-sig partitions, which must follow each other. */
function slotsOf(disk: string, partitions: readonly SlotPartition[]): Slot[] {
  const parts = partitions
    .map((partition) => ({ partition, part: partTypes.get(partition.typeUuid) }))
    .filter(({ part }) => part !== undefined)
  const slots: Slot[] = []
  for (let index = 0; index < parts.length; index += 3) {
    const [usr, verity, signature] = parts.slice(index, index + 3)
    if (usr?.part !== 'usr' || verity?.part !== 'verity' || signature?.part !== 'signature')
      throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_ORDER', {
        disk,
        found: parts.map(({ partition, part }) => `${partition.number} ${part}`).join(', '),
      })
    slots.push({
      usr: usr.partition,
      verity: verity.partition,
      signature: signature.partition,
    })
  }
  return slots
}
