import type { TakenRelease } from '../../supervisor/release-images/keeper.ts'
import type { Baseline } from '../health/baseline.ts'
import type { Limits as ClientLimits } from '../metadata/limits.ts'
import type { discoverLayout } from '../slot/discover.ts'
import type { AgentPaths } from './paths.ts'

/** Syslog's severities, as far as the agent has use for them. */
export type Severity = 'error' | 'warning' | 'notice' | 'info'

/** All of the world that a turn touches but for files below `paths` and the servers of the settings. */
export type AgentHost = {
  readonly paths: AgentPaths
  readonly now: () => Date
  /** From 0 to 1, as Math.random. */
  readonly random: () => number
  readonly log: (severity: Severity, text: string) => void
  /** The disk's slots; see `discoverLayout`. */
  readonly discover: () => ReturnType<typeof discoverLayout>
  /** What is well: containers that run, interfaces with an address. */
  readonly observe: () => Promise<Baseline>
  /** Has the supervisor bring the container images of a release; throws the errors of SLIPWAY_SUPERVISOR_*. */
  readonly pullImages: (release: TakenRelease) => Promise<void>
  /** Asks for a reboot; the machine goes down some time after. */
  readonly reboot: () => Promise<void>
  /** Has the next turn begin after so many milliseconds, instead of when it was to begin before. */
  readonly wakeIn: (delayMs: number) => Promise<void>
  /** Aborted when the turn shall end; the next one goes on. */
  readonly signal: AbortSignal
  /** So often what is written to the slot is noted, for tests with small releases. */
  readonly checkpointBytes?: number
  /** Patience of the metadata client, for tests. */
  readonly clientLimits?: Partial<ClientLimits>
}
