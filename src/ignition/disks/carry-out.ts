import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ignitionDiskErrors } from '../../errors/ignition-disks.ts'
import { syncPath } from '../../files/atomic.ts'
import { deviceAt, waitForDevice } from './look.ts'
import { runProgram } from './program.ts'
import { sfdiskScript } from './sfdisk.ts'
import type { AssembleArrayStep, CreateArrayStep, DiskStep, WriteTableStep } from './step.ts'
import { isSettledBy, settle } from './udev.ts'
import { carryOutVolumeStep, type VolumeAccess, type VolumeKeys } from './volumes.ts'

/** Carries out one step by the real programs, before `next` if there is one; throws SlipwayError. */
export async function carryOutDiskStep(
  step: DiskStep,
  keys: VolumeKeys,
  access?: VolumeAccess,
  next?: DiskStep,
): Promise<void> {
  switch (step.kind) {
    case 'wipe-signatures':
      await runProgram('wipefs', ['--all', '--quiet', step.device])
      await forgetPartitions(step.device)
      if (!isSettledBy(step.device, next)) await settle(step.device)
      return
    case 'write-table':
      return writeTable(step)
    case 'make-filesystem': {
      const [program, ...parameters] = step.command
      await runProgram(program, parameters)
      // It opens to read: udev looks anew at what was open for writing.
      await syncPath(step.device)
      return settle(step.device)
    }
    case 'create-array':
    case 'assemble-array':
      return startArray(step)
    default:
      return carryOutVolumeStep(step, keys, access)
  }
}

/** The kernel keeps partitions of a table that is gone, where wipefs could not have it read anew. */
async function forgetPartitions(device: string): Promise<void> {
  const name = basename(deviceAt(device) ?? device)
  const entries = readdirSync(`/sys/class/block/${name}`)
  if (entries.some((entry) => entry.startsWith(name)))
    await runProgram('partx', ['--delete', device])
}

async function writeTable(step: WriteTableStep): Promise<void> {
  const { device, table, deleted, updated, added } = step
  // The kernel is told afterwards, partition by partition: reading a whole table anew fails as soon
  // as one partition is in use. Signatures in partitions are not sfdisk's business: they decide
  // whether a file system is kept.
  const options = [
    '--quiet',
    '--no-reread',
    '--no-tell-kernel',
    '--wipe',
    'never',
    '--wipe-partitions',
    'never',
  ]
  await runProgram('sfdisk', [...options, device], { input: sfdiskScript(table) })
  await syncPath(device)
  // What the kernel never saw cannot be taken away, and what it saw by itself is there already: the
  // result is looked at below.
  const tell = (verb: string, number: number) =>
    runProgram('partx', [`--${verb}`, '--nr', String(number), device], { accept: [0, 1] })
  for (const number of deleted) await tell('delete', number)
  for (const number of updated) await tell('update', number)
  for (const number of added) await tell('add', number)
  for (const number of updated) if (seenAt(device, number) === undefined) await tell('add', number)
  await settle(device)
  for (const number of [...updated, ...added]) compare(step, number)
  for (const number of deleted)
    if (seenAt(device, number) !== undefined)
      throw unseen(device, number, 'still', 'that it is gone')
}

/** Throws unless the kernel has a partition where the table has it. */
function compare({ device, table, sectorBytes }: WriteTableStep, number: number): void {
  const written = table.partitions.find((each) => each.number === number)
  if (written === undefined) throw new RangeError(`no partition ${number} was written`)
  const seen = seenAt(device, number)
  // sysfs counts in 512 bytes whatever the disk's sectors are.
  const [start, size] = [written.start, written.size].map((each) => (each * sectorBytes) / 512)
  if (seen?.start === start && seen?.size === size) return
  const found = seen === undefined ? 'not at all' : `at ${seen.start}+${seen.size}`
  throw unseen(device, number, found, `at ${start}+${size} (sectors of 512 bytes)`)
}

function seenAt(device: string, number: number): { start: number; size: number } | undefined {
  const folder = `/sys/class/block/${basename(partitionDevice(device, number))}`
  if (deviceAt(folder) === undefined) return undefined
  const read = (name: string) => Number(readFileSync(`${folder}/${name}`, 'utf8'))
  return { start: read('start'), size: read('size') }
}

/** The kernel's name for a partition: /dev/vdb1, /dev/nvme0n1p1. */
function partitionDevice(device: string, number: number): string {
  return `${device}${/\d$/.test(device) ? 'p' : ''}${number}`
}

function unseen(device: string, number: number, seen: string, expected: string) {
  const details = { device, number, seen, expected }
  return ignitionDiskErrors.error('SLIPWAY_IGNITION_PARTITION_UNSEEN', details)
}

async function startArray(step: CreateArrayStep | AssembleArrayStep): Promise<void> {
  if (deviceAt(step.device) !== undefined && step.kind === 'assemble-array') return
  const parameters =
    step.kind === 'create-array'
      ? step.parameters
      : ['--assemble', '--run', step.device, '--uuid', step.uuid, ...step.members]
  // The initrd's udev has no rules for arrays, which mdadm would wait for.
  await runProgram('mdadm', parameters, { environment: { MDADM_NO_UDEV: '1' } })
  await waitForDevice(step.device)
}
