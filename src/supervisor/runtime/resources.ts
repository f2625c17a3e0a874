import type { Limits } from '../compose/service.ts'

/** `linux.resources` of the OCI runtime specification. */
export type Resources = {
  readonly devices: readonly DeviceRule[]
  readonly memory?: { readonly limit: number }
  readonly cpu?: { readonly quota: number; readonly period: number }
  readonly pids?: { readonly limit: number }
}

type DeviceRule = {
  readonly allow: boolean
  readonly type?: 'c' | 'b'
  readonly major?: number
  readonly minor?: number
  readonly access: string
}

const cpuPeriodMicroseconds = 100_000

/** cgroup v2 limits; a controller that the kernel lacks is a warning, because the container can run. */
export function resourcesOf(
  limits: Limits,
  controllers: ReadonlySet<string>,
): { resources: Resources; warnings: string[] } {
  const warnings: string[] = []
  const available = (controller: string, what: string): boolean => {
    if (controllers.has(controller)) return true
    warnings.push(`the limit of ${what} is not applied: no cgroup controller "${controller}"`)
    return false
  }
  const { memoryBytes, cpus, pids } = limits
  const resources: Resources = {
    devices: deviceRules,
    ...(memoryBytes !== undefined && available('memory', 'memory')
      ? { memory: { limit: memoryBytes } }
      : {}),
    ...(cpus !== undefined && available('cpu', 'processors')
      ? {
          cpu: { quota: Math.round(cpus * cpuPeriodMicroseconds), period: cpuPeriodMicroseconds },
        }
      : {}),
    ...(pids !== undefined && available('pids', 'processes') ? { pids: { limit: pids } } : {}),
  }
  return { resources, warnings }
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
