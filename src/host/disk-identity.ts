import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { hostErrors } from '../errors/host.ts'
import { writeFileAtomically } from '../files/atomic.ts'
import { diskBelow } from '../update/slot/discover.ts'
import {
  changePartitions,
  deviceNumber,
  readPartitionTable,
} from '../update/slot/partition-table.ts'

const MARKER = '/var/lib/slipway/disk-identity'

/** Type of the EFI system partition (Discoverable Partitions Specification). */
const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'

/**
 * Gives the boot disk and its ESP UUIDs of their own, once in a machine's life. All machines start from
 * one image: without this, two of its disks in one machine could not be told apart by the boot loader's
 * variables. Slots keep theirs, which name their content. The kernel keeps the old names until the next boot:
 * nothing that is mounted moves. Throws SLIPWAY_HOST_DISK_IDENTITY, and as `changePartitions`.
 */
export async function identifyDisk(): Promise<number> {
  const disk = await bootDisk()
  const { diskId: was, partitions } = await readPartitionTable(disk)
  const esp = partitions.find(({ typeUuid }) => typeUuid === ESP_TYPE)
  if (esp === undefined)
    throw hostErrors.error('SLIPWAY_HOST_DISK_IDENTITY', { disk, reason: 'it has no ESP' })
  const identity = { id: randomUUID(), esp: randomUUID(), was }
  await changePartitions(disk, [{ number: esp.number, uuid: identity.esp }], identity.id)
  await writeFileAtomically(MARKER, `${JSON.stringify(identity)}\n`)
  return 0
}

/** The disk that was booted from: the one of /usr, since root may be elsewhere. */
async function bootDisk(): Promise<string> {
  const { dev } = await stat('/usr')
  return `/dev/${await diskBelow('/sys', deviceNumber(dev))}`
}
