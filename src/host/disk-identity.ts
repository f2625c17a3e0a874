import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readlink, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { promisify } from 'node:util'
import { hostErrors } from '../errors/host.ts'
import { writeFileAtomically } from '../supervisor/files/atomic.ts'

const MARKER = '/var/lib/slipway/disk-identity'

/** Type of the EFI system partition (Discoverable Partitions Specification). */
const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'

/**
 * Gives the boot disk and its ESP UUIDs of their own, once in a machine's life. All machines start from
 * one image: without this, two of its disks in one machine could not be told apart by the boot loader's
 * variables. Slots keep theirs, which name their content. Throws SLIPWAY_HOST_DISK_IDENTITY.
 */
export async function identifyDisk(): Promise<number> {
  const disk = await bootDisk()
  const { esp, id } = await partitionTable(disk)
  const identity = { id: randomUUID(), esp: randomUUID(), was: id }
  // The kernel keeps the old names until the next boot: nothing that is mounted moves.
  const sfdisk = (...parameters: string[]) =>
    run('sfdisk', ['--no-reread', '--no-tell-kernel', ...parameters])
  await sfdisk('--part-uuid', disk, String(esp), identity.esp)
  await sfdisk('--disk-id', disk, identity.id)
  await writeFileAtomically(MARKER, `${JSON.stringify(identity)}\n`)
  return 0
}

/** The disk that the root file system lies on: `/dev/vda`. */
async function bootDisk(): Promise<string> {
  const { dev } = await stat('/')
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`
  const device = await readlink(`/sys/dev/block/${number}`)
  return `/dev/${basename(dirname(device))}`
}

async function partitionTable(disk: string): Promise<{ id: string; esp: number }> {
  const { partitiontable: table } = JSON.parse(await run('sfdisk', ['--json', disk])) as {
    partitiontable: { id: string; partitions: { node: string; type: string }[] }
  }
  const esp = table.partitions.find(({ type }) => type.toLowerCase() === ESP_TYPE)
  const number = /(\d+)$/.exec(esp?.node ?? '')?.[1]
  if (number === undefined)
    throw hostErrors.error('SLIPWAY_HOST_DISK_IDENTITY', { disk, reason: 'it has no ESP' })
  return { id: table.id, esp: Number(number) }
}

async function run(program: string, parameters: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, parameters)).stdout
  } catch (cause) {
    const { stderr = '', message } = cause as { stderr?: string; message: string }
    throw hostErrors.error(
      'SLIPWAY_HOST_DISK_IDENTITY',
      { disk: parameters.at(-2) ?? '', reason: stderr.trim() || message },
      cause,
    )
  }
}
