import { stat } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { ifAbsent } from '../../files/absence.ts'
import { some } from '../../json/some.ts'
import type { DiskLimit, DiskLimits, IoLimits } from '../containers/io-limits.ts'

/** The kernel's number of a device. */
export type DeviceNumber = { readonly major: number; readonly minor: number }

/** `linux.resources.blockIO` of the OCI runtime specification. */
export type BlockIo = {
  readonly weight?: number
  readonly weightDevice?: readonly (DeviceNumber & { readonly weight: number })[]
} & { readonly [key in ThrottleKey]?: readonly (DeviceNumber & { readonly rate: number })[] }

type ThrottleKey = `throttle${'Read' | 'Write'}${'Bps' | 'IOPS'}Device`

const throttles: Readonly<Record<Exclude<DiskLimits, 'ioWeights'>, ThrottleKey>> = {
  ioReadBytes: 'throttleReadBpsDevice',
  ioWriteBytes: 'throttleWriteBpsDevice',
  ioReads: 'throttleReadIOPSDevice',
  ioWrites: 'throttleWriteIOPSDevice',
}

export function hasIoLimits(limits: IoLimits): boolean {
  return limits.ioWeight !== undefined || disksIn(limits).length > 0
}

/**
 * What the runtime is told of a container's limits of disks.
 *
 * @param numbers of the disks; one that is not among them has no limit
 */
export function blockIoOf(limits: IoLimits, numbers: ReadonlyMap<string, DeviceNumber>): BlockIo {
  const { ioWeight, ioWeights } = limits
  const each = (list: readonly DiskLimit[] = []) =>
    list.flatMap(({ path, value }) => {
      const number = numbers.get(path)
      return number === undefined ? [] : [{ number, value }]
    })
  const weights = each(ioWeights).map(({ number, value }) => ({ ...number, weight: value }))
  const rates = Object.entries(throttles).map(([field, key]) => {
    const list = each(limits[field as keyof typeof throttles])
    return [key, list.map(({ number, value }) => ({ ...number, rate: value }))] as const
  })
  return {
    ...some('weight', ioWeight),
    ...(weights.length === 0 ? {} : { weightDevice: weights }),
    ...Object.fromEntries(rates.filter(([, list]) => list.length > 0)),
  }
}

/** The numbers of the disks that limits name, as they are now. Throws SLIPWAY_SUPERVISOR_DISK_MISSING. */
export async function disksOf(limits: IoLimits): Promise<ReadonlyMap<string, DeviceNumber>> {
  const numbers = new Map<string, DeviceNumber>()
  for (const path of disksIn(limits)) numbers.set(path, await diskAt(path))
  return numbers
}

function disksIn(limits: IoLimits): string[] {
  const { ioWeights, ioReadBytes, ioWriteBytes, ioReads, ioWrites } = limits
  const lists = [ioWeights, ioReadBytes, ioWriteBytes, ioReads, ioWrites]
  return [...new Set(lists.flatMap((list = []) => list.map(({ path }) => path)))]
}

async function diskAt(path: string): Promise<DeviceNumber> {
  const status = await stat(path).catch(ifAbsent)
  if (status?.isBlockDevice() !== true)
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_DISK_MISSING', { path })
  return deviceNumber(status.rdev)
}

/** The kernel's encoding of a device number, see makedev(3). */
export function deviceNumber(rdev: number): DeviceNumber {
  return { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) }
}
