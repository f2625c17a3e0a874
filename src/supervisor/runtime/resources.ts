import type { Limits } from '../containers/spec.ts'
import { type BlockIo, blockIoOf, type DeviceNumber, hasIoLimits } from './io-resources.ts'

/** `linux.resources` of the OCI runtime specification. */
export type Resources = {
  readonly devices: readonly DeviceRule[]
  readonly memory?: {
    readonly limit?: number
    readonly swap?: number
    readonly reservation?: number
  }
  readonly cpu?: CpuLimits
  readonly pids?: { readonly limit: number }
  readonly blockIO?: BlockIo
}

type CpuLimits = {
  readonly quota?: number
  readonly period?: number
  readonly shares?: number
  readonly cpus?: string
  readonly mems?: string
}

export type DeviceRule = {
  readonly allow: boolean
  readonly type?: 'c' | 'b'
  readonly major?: number
  readonly minor?: number
  readonly access: string
}

const cpuPeriodMicroseconds = 100_000

export type ResourceSurroundings = {
  /** Those that the kernel has. */
  readonly controllers: ReadonlySet<string>
  /** Devices beside the usual ones. */
  readonly deviceRules?: readonly DeviceRule[]
  /** Disks that have limits, by their paths. */
  readonly disks?: ReadonlyMap<string, DeviceNumber>
}

/** cgroup v2 limits; a controller that the kernel lacks is a warning, because the container can run. */
export function resourcesOf(
  limits: Limits,
  { controllers, deviceRules: moreDevices = [], disks = new Map() }: ResourceSurroundings,
): { resources: Resources; warnings: string[] } {
  const warnings: string[] = []
  const available = (controller: string, what: string): boolean => {
    if (controllers.has(controller)) return true
    warnings.push(`the limit of ${what} is not applied: no cgroup controller "${controller}"`)
    return false
  }
  const { pids } = limits
  const memory = memoryLimits(limits)
  const cpu = cpuLimits(limits)
  const cpuset = cpusetLimits(limits)
  const resources: Resources = {
    devices: [...deviceRules, ...moreDevices],
    ...(memory !== undefined && available('memory', 'memory') ? { memory } : {}),
    ...given({
      ...(cpu !== undefined && available('cpu', 'processors') ? cpu : {}),
      ...(cpuset !== undefined && available('cpuset', 'processors by number') ? cpuset : {}),
    }),
    ...(pids !== undefined && available('pids', 'processes') ? { pids: { limit: pids } } : {}),
    ...(hasIoLimits(limits) && available('io', 'disks')
      ? { blockIO: blockIoOf(limits, disks) }
      : {}),
  }
  return { resources, warnings }
}

function given(cpu: CpuLimits): { cpu?: CpuLimits } {
  return Object.keys(cpu).length === 0 ? {} : { cpu }
}

function memoryLimits(limits: Limits): Resources['memory'] {
  const { memoryBytes, memorySwapBytes, memoryReservationBytes } = limits
  if (memoryBytes === undefined && memoryReservationBytes === undefined) return undefined
  return {
    ...(memoryBytes === undefined ? {} : { limit: memoryBytes }),
    ...(memorySwapBytes === undefined ? {} : { swap: memorySwapBytes }),
    ...(memoryReservationBytes === undefined ? {} : { reservation: memoryReservationBytes }),
  }
}

function cpuLimits({ cpus, cpuQuota, cpuPeriod, cpuShares }: Limits): CpuLimits | undefined {
  const quota = cpus === undefined ? cpuQuota : Math.round(cpus * cpuPeriodMicroseconds)
  if (quota === undefined && cpuShares === undefined) return undefined
  const period = cpus === undefined ? (cpuPeriod ?? cpuPeriodMicroseconds) : cpuPeriodMicroseconds
  return {
    ...(quota === undefined ? {} : { quota, period }),
    ...(cpuShares === undefined ? {} : { shares: cpuShares }),
  }
}

function cpusetLimits({ cpusetCpus, cpusetMems }: Limits): CpuLimits | undefined {
  if (cpusetCpus === undefined && cpusetMems === undefined) return undefined
  return {
    ...(cpusetCpus === undefined ? {} : { cpus: cpusetCpus }),
    ...(cpusetMems === undefined ? {} : { mems: cpusetMems }),
  }
}

/** Docker's: nodes may be made, but only null, zero, full, random, urandom, tty and ptys opened. */
const deviceRules: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...[3, 5, 7, 8, 9].map(
    (minor): DeviceRule => ({ allow: true, type: 'c', major: 1, minor, access: 'rwm' }),
  ),
  { allow: true, type: 'c', major: 5, minor: 0, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' },
  { allow: true, type: 'c', major: 136, access: 'rwm' },
]
