import type { Disk, MachineFacts, Slot } from '../../host/facts.ts'
import type { Status } from '../status.ts'
import { table } from '../table.ts'

/** What is read of a host. */
export type HostFacts = MachineFacts & {
  /** The version of the supervisor that answers. */
  readonly supervisor: string
  readonly problems: Status['problems']
  readonly failures: Status['failures']
  readonly refusals: Status['refusals']
  readonly containers: readonly SeenContainer[]
}

export type SeenContainer = {
  readonly name: string
  readonly state: string
  readonly isUnhealthy: boolean
}

/** `slipctl host --json`. */
export type HostReport = {
  readonly name: string
  readonly supervisor: string
  readonly release: { readonly image: string; readonly version: string } | null
  readonly slot: Slot | null
  readonly updates: string | null
  readonly health: { readonly isWell: boolean; readonly reasons: readonly string[] }
  readonly disks: readonly Omit<Disk, 'type'>[]
  readonly memory: HostFacts['memory']
  readonly load: readonly number[]
  readonly uptimeSeconds: number
  readonly containers: {
    readonly total: number
    readonly byState: Readonly<Record<string, number>>
  }
}

/** Less than this share of a disk is too little to go on for long. */
const leastFree = 0.05

/** What the facts mean. */
export function hostReport(facts: HostFacts): HostReport {
  const { updates, containers, disks } = facts
  const reasons = reasonsOf(facts)
  const byState: Record<string, number> = {}
  for (const { state } of containers) byState[state] = (byState[state] ?? 0) + 1
  return {
    name: facts.name,
    supervisor: facts.supervisor,
    release: updates === null ? null : { image: updates.image, version: updates.running },
    slot: facts.slot ?? null,
    updates: updates?.summary ?? null,
    health: { isWell: reasons.length === 0, reasons },
    disks: disks.map(({ path, sizeBytes, availableBytes }) => ({
      path,
      sizeBytes,
      availableBytes,
    })),
    memory: facts.memory,
    load: facts.load,
    uptimeSeconds: facts.uptimeSeconds,
    containers: { total: containers.length, byState },
  }
}

function reasonsOf({
  problems,
  failures,
  refusals,
  containers,
  disks,
  updates,
}: HostFacts): string[] {
  return [
    ...problems,
    ...failures.map(({ project, service, error }) => `${project}/${service}: ${error}`),
    ...refusals.map(({ container, reason }) => `${container} was not replaced: ${reason}`),
    ...containers
      .filter(({ isUnhealthy }) => isUnhealthy)
      .map(({ name }) => `the container ${name} is unhealthy`),
    ...disks
      .filter(({ sizeBytes, availableBytes }) => availableBytes < sizeBytes * leastFree)
      .map(({ path }) => `the disk at ${path} is nearly full`),
    ...(updates?.phase.kind === 'returning' ? [updates.summary] : []),
  ]
}

/** What people read. */
export function hostText(report: HostReport): string {
  const { release, slot, health, memory, containers } = report
  const states = Object.entries(containers.byState).map(([state, count]) => `${count} ${state}`)
  const rows = [
    ['host', `${report.name}, up ${durationText(report.uptimeSeconds)}`],
    ['release', release === null ? 'none' : `${release.image} ${release.version}`],
    ...(slot === null ? [] : [['slot', `${slot.device}; free: ${slot.freeDevice}`]]),
    ...(report.updates === null ? [] : [['updates', report.updates]]),
    ['supervisor', report.supervisor],
    ['health', health.isWell ? 'well' : 'not well'],
    ['containers', states.length === 0 ? 'none' : states.join(', ')],
    ['memory', `${size(memory.availableBytes)} of ${size(memory.totalBytes)} free`],
    ['load', report.load.map((load) => load.toFixed(2)).join(', ')],
    ...report.disks.map(({ path, sizeBytes, availableBytes }) => [
      `disk ${path}`,
      `${size(availableBytes)} of ${size(sizeBytes)} free`,
    ]),
  ]
  const reasons = health.reasons.map((reason) => `  ${reason.replaceAll('\n', '\n  ')}\n`)
  return `${table(rows)}${health.isWell ? '' : `\nWhat is wrong:\n${reasons.join('')}`}`
}

function durationText(seconds: number): string {
  const [days, hours, minutes] = [86_400, 3_600, 60].map((unit) => Math.floor(seconds / unit))
  if (days !== undefined && days > 1) return `${days} days`
  return hours !== undefined && hours > 1 ? `${hours} hours` : `${minutes} minutes`
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
