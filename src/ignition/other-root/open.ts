import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Holders } from '../../clevis/secret.ts'
import { ignitionDiskErrors } from '../../errors/ignition-disks.ts'
import { isAbsence } from '../../files/absence.ts'
import { openBound } from '../disks/bound-volume.ts'
import { carryOutDiskStep } from '../disks/carry-out.ts'
import { deviceAt, lookAtContent, waitForDevice } from '../disks/look.ts'
import { runProgram } from '../disks/program.ts'
import { loadModule } from '../disks/volumes.ts'
import type { Log } from '../log.ts'
import { sparingLog } from '../open-volume/sparing-log.ts'
import { areAllThatWorked, type MemberState, readMemberState } from './member-state.ts'
import type { Layer, RootPointer } from './pointer.ts'

export type Waits = { readonly memberMs: number; readonly deviceMs: number }

export type Opening = {
  readonly log: Log
  /** Of what the header of a volume names; asked without end where a server is away. */
  readonly holders: Holders
  readonly waits?: Waits
}

/** Disks behind large controllers take their time; an array is not started without a member before. */
const usualWaits: Waits = { memberMs: 30_000, deviceMs: 60_000 }

/**
 * Opens all that lies below root. What is open already, as at the first boot, is left as it is.
 * @returns the device that holds root
 * @throws SLIPWAY_IGNITION_ROOT_LOST, which says what is missing, and what the programs say
 */
export async function openLayers(
  { layers, uuid, format }: RootPointer,
  { log, holders, waits = usualWaits }: Opening,
): Promise<string> {
  for (const layer of layers)
    if (layer.kind === 'array') await assemble(layer, log, waits)
    else await openVolume(layer, { log, holders, waits })
  const top = layers.at(-1)
  const device =
    top === undefined
      ? await oneDevice(uuid, `the ${format} of root`, waits.deviceMs)
      : await waitForDevice(pathOf(top), waits.deviceMs)
  const { content } = await lookAtContent(device)
  if (content?.type !== format || content.uuid !== uuid) {
    const reason = `it does not hold the ${format} ${uuid}`
    throw ignitionDiskErrors.error('SLIPWAY_IGNITION_ROOT_LOST', { device, reason })
  }
  return device
}

export function pathOf({ kind, name }: Layer): string {
  return kind === 'array' ? `/dev/md/${name}` : `/dev/mapper/${name}`
}

async function assemble(
  layer: Layer & { readonly kind: 'array' },
  log: Log,
  waits: Waits,
): Promise<void> {
  const { name, uuid, level, devices } = layer
  const path = pathOf(layer)
  if (deviceAt(path) === undefined) {
    await loadModule(/^raid[456]$/.test(level) ? 'raid456' : level)
    const members = await membersOf(arrayTag(uuid), devices, waits.memberMs)
    if (members.length === 0) {
      const reason = `none of the ${devices} devices of the array ${name} (${uuid}) is there`
      throw ignitionDiskErrors.error('SLIPWAY_IGNITION_ROOT_LOST', { device: path, reason })
    }
    const step = { kind: 'assemble-array' as const, at: [], device: path, uuid, members }
    await carryOutDiskStep(step, new Map())
  }
  const degraded = degradedIn(path)
  if (degraded > 0)
    log.error(`the array ${name} runs without ${degraded} of its ${devices} devices`)
}

/** How many devices an array lacks; levels without redundancy have no such file, and none to lack. */
function degradedIn(path: string): number {
  const name = basename(deviceAt(path) ?? path)
  try {
    return Number(readFileSync(`/sys/class/block/${name}/md/degraded`, 'utf8'))
  } catch (error) {
    if (isAbsence(error)) return 0
    throw error
  }
}

async function openVolume(
  { name, uuid }: Layer,
  { log, holders, waits: { deviceMs } }: Required<Opening>,
): Promise<void> {
  if (deviceAt(`/dev/mapper/${name}`) !== undefined) return
  await loadModule('dm_crypt')
  const device = await oneDevice(uuid, `the encrypted volume ${name}`, deviceMs)
  await openBound(device, name, { holders, log: sparingLog((line) => log.info(line)) })
}

async function oneDevice(uuid: string, what: string, waitMs: number): Promise<string> {
  const [device, ...others] = await devicesOf(uuid, waitMs, async (found) => found.length > 0)
  const reason =
    device === undefined
      ? `${what} is on no disk of this machine`
      : `${what} is on several devices: ${[device, ...others].join(', ')}`
  if (device === undefined || others.length > 0)
    throw ignitionDiskErrors.error('SLIPWAY_IGNITION_ROOT_LOST', { device: `UUID ${uuid}`, reason })
  return device
}

/**
 * The members of an array, by the UUID that blkid finds them by: once all are there, or all that worked last, or the time
 * is over. An array that has lost a device does not make every boot wait for it.
 */
export function membersOf(uuid: string, devices: number, waitMs: number): Promise<string[]> {
  return devicesOf(uuid, waitMs, async (found) => {
    if (found.length === 0 || found.length >= devices) return found.length > 0
    const states = await Promise.all(found.map(examine))
    return areAllThatWorked(states.filter((state) => state !== undefined))
  })
}

async function examine(device: string): Promise<MemberState | undefined> {
  // 1: it has none, or just lost it.
  const { output } = await runProgram('mdadm', ['--examine', device], { accept: [0, 1] })
  return readMemberState(output.toString('utf8'))
}

/** The devices that carry a UUID, once they are enough or the time is over. */
async function devicesOf(
  uuid: string,
  waitMs: number,
  areEnough: (found: readonly string[]) => Promise<boolean>,
): Promise<string[]> {
  const deadline = Date.now() + waitMs
  // Without its cache, which would answer for a device that has gone. 2: there is none.
  const query = ['--cache-file', '/dev/null', '--match-token', `UUID=${uuid}`, '--output', 'device']
  for (;;) {
    const { output } = await runProgram('blkid', query, { accept: [0, 2] })
    const found = output.toString('utf8').split('\n').filter(Boolean)
    if ((await areEnough(found)) || Date.now() >= deadline) return found
    await setTimeout(250)
  }
}

/** mdadm's `aabbccdd:…` as blkid writes it. */
export function arrayTag(uuid: string): string {
  return uuid.replaceAll(':', '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
