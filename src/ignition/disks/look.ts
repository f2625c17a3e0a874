import { realpathSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { ignitionDiskErrors } from '../../errors/ignition-disks.ts'
import { isAbsence } from '../../files/absence.ts'
import { object, optional, parseJson, texts } from '../../json/value.ts'
import { type Probed, readBlkid } from './blkid.ts'
import { lsblkColumns, readLsblk } from './lsblk.ts'
import { type Member, readExamine } from './plan-raid.ts'
import type { VolumeHeader } from './plan-volume.ts'
import { runProgram } from './program.ts'
import { readSfdisk } from './sfdisk.ts'
import type { DiskState } from './state.ts'

/**
 * Waits until a device is there.
 * @returns the device itself, without links
 * @throws SLIPWAY_IGNITION_DEVICE_MISSING after `timeoutMs`
 */
export async function waitForDevice(path: string, timeoutMs = 90_000): Promise<string> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const device = deviceAt(path)
    if (device !== undefined) return device
    if (Date.now() >= deadline) {
      const seconds = Math.round(timeoutMs / 1000)
      throw ignitionDiskErrors.error('SLIPWAY_IGNITION_DEVICE_MISSING', { device: path, seconds })
    }
    await setTimeout(50)
  }
}

/** The device that a path leads to now, without links. */
export function deviceAt(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}

/** Reads sizes, partition table, content and use of a disk. */
export async function lookAtDisk(device: string): Promise<DiskState> {
  const columns = ['--json', '--bytes', '--paths', '--output', lsblkColumns, device]
  const { sizeBytes, sectorBytes, ...use } = readLsblk((await runProgram('lsblk', columns)).output)
  const { content, table: tableType } = await lookAtContent(device)
  const table =
    tableType === undefined
      ? undefined
      : readSfdisk((await runProgram('sfdisk', ['--json', device])).output).table
  return {
    device,
    sectorBytes,
    sectors: sizeBytes / sectorBytes,
    ...use,
    ...(content !== undefined && { content }),
    ...(table !== undefined && { table }),
  }
}

/** Reads the signatures on a device, past every cache. */
export async function lookAtContent(device: string): Promise<Probed> {
  // 2: nothing is known of it; 8: signatures of several file systems.
  const accept = [0, 2, 8]
  const { output } = await runProgram('blkid', ['--probe', '--output', 'udev', device], { accept })
  return readBlkid(output.toString('utf8'))
}

/** Reads what a member of an array holds. */
export async function lookAtMember(device: string): Promise<Member> {
  const found = await lookAtContent(device)
  if (found.content?.type !== 'linux_raid_member') return { device, ...found }
  const { output } = await runProgram('mdadm', ['--examine', '--export', device])
  const array = readExamine(output.toString('utf8'))
  return { device, ...found, ...(array !== undefined && { array }) }
}

/** Reads the header of an encrypted volume. */
export async function lookAtVolume(device: string): Promise<VolumeHeader> {
  const isLuks2 = ['isLuks', '--type', 'luks2', device]
  if ((await runProgram('cryptsetup', isLuks2, { accept: [0, 1] })).status !== 0)
    return { version: 1, allowsDiscards: false }
  const dump = await runProgram('cryptsetup', ['luksDump', '--dump-json-metadata', device])
  const config = object(object(parseJson(dump.output), 'metadata').config, 'config')
  const flags = optional(config.flags, 'flags', texts) ?? []
  return { version: 2, allowsDiscards: flags.includes('allow-discards') }
}
