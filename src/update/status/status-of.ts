import { updateAgentErrors } from '../../errors/update-agent.ts'
import { agentPaths } from '../agent/paths.ts'
import type { Progress } from '../agent/progress-file.ts'
import type { RunningSystem } from '../agent/running-release.ts'
import type { TurnSettings } from '../agent/session.ts'
import type { TurnMemory } from '../agent/turn-memory.ts'
import { decideReboot } from '../plan/decide-reboot.ts'
import { nextOpening } from '../schedule/window.ts'
import type { PastUpdate, UpdateState } from '../state/state.ts'

/** What the agent left behind, from which the status follows. */
export type StatusSources = {
  readonly running: Pick<RunningSystem, 'image' | 'version'>
  readonly settings: TurnSettings
  /** The image has a root of releases. */
  readonly trusts: boolean
  readonly state: UpdateState
  readonly memory: TurnMemory
  readonly progress: Progress | undefined
  readonly nowMs: number
}

/** `slipctl update status --json`. Times are ISO 8601 in UTC. */
export type UpdateStatus = {
  readonly image: string
  readonly running: string
  /** What is going on, or why nothing is: a sentence. */
  readonly summary: string
  readonly phase: UpdateState['phase']
  readonly progress?: Progress
  readonly settings:
    | { readonly enabled: false; readonly reason: string; readonly code?: string }
    | {
        readonly enabled: true
        readonly server: string
        readonly channel: string
        readonly strategy: string
      }
  readonly lastCheck?: UpdateState['lastCheck']
  readonly nextCheckAt?: string
  readonly window?: { readonly open: boolean; readonly opensAt: string; readonly closesAt: string }
  readonly lock?: {
    readonly url: string
    readonly group: string
    /** The server may count this host as rebooting. */
    readonly mayBeHeld: boolean
    readonly refused?: string
    readonly askedAgainAt?: string
  }
  readonly hold?: UpdateState['hold']
  readonly pin?: UpdateState['pin']
  readonly badReleases: UpdateState['badReleases']
  readonly history: UpdateState['history']
}

/** The status of a host's updates. */
export function statusOf(sources: StatusSources): UpdateStatus {
  const { running, settings, state, memory, progress, nowMs } = sources
  const { phase, lastCheck, hold, pin, badReleases, history } = state
  const enabled = settings.enabled === true ? settings : undefined
  const nextCheckAt =
    state.nextCheckAt ??
    (memory.firstCheckAtMs === undefined ? undefined : isoTime(memory.firstCheckAtMs))
  const opening = enabled && nextOpening(enabled.windows, nowMs)
  return {
    image: running.image,
    running: running.version,
    summary: summaryOf(sources),
    phase,
    ...(progress && { progress }),
    settings: settingsPart(settings),
    ...(lastCheck && { lastCheck }),
    ...(enabled && nextCheckAt !== undefined && { nextCheckAt }),
    ...(opening && {
      window: {
        open: opening.opensAtMs <= nowMs,
        opensAt: isoTime(opening.opensAtMs),
        closesAt: isoTime(opening.closesAtMs),
      },
    }),
    ...(enabled?.lock && {
      lock: {
        url: enabled.lock.url,
        group: enabled.lock.group,
        mayBeHeld: state.lockMayBeHeld,
        ...(memory.lock && {
          refused: memory.lock.reason,
          askedAgainAt: isoTime(memory.lock.retryAtMs),
        }),
      },
    }),
    ...(hold && { hold }),
    ...(pin && { pin }),
    badReleases,
    history,
  }
}

function summaryOf(sources: StatusSources): string {
  const { settings, trusts, state, progress } = sources
  const { phase, hold, lastCheck, history } = state
  if (progress !== undefined)
    return `${progress.version} is on its way into the other slot: ${progress.step}, ${progress.percent} %`
  switch (phase.kind) {
    case 'downloading':
      return `the writing of ${phase.version} was cut; the next turn goes on`
    case 'staged':
      return waiting(sources, phase.version)
    case 'rebooting':
      return `the host reboots into ${phase.version}`
    case 'trying':
      return `${phase.version} runs on trial, boot ${phase.tries}; its checks decide whether it stays`
    case 'returning':
      return `the host reboots back into ${phase.version}: ${phase.reason}`
    case 'idle':
      break
  }
  if (settings.enabled === false) return `this host takes no updates: ${settings.reason}`
  if (settings.enabled === 'unknown') return 'the settings have mistakes, so no release is taken'
  if (!trusts) return noTrust()
  if (hold !== undefined)
    return `updates are held since ${hold.since}${hold.reason === undefined ? '' : `: ${hold.reason}`}`
  const past = history.at(-1)
  // What the check found is no longer true when an update has ended since.
  if (past !== undefined && past.at > (lastCheck?.at ?? '')) return endOf(past)
  if (lastCheck === undefined) return 'this host has not looked for releases yet'
  return lastCheck.ok ? lastCheck.message : `the last check failed: ${lastCheck.message}`
}

function endOf({ version, from, result, reason = 'nobody said why' }: PastUpdate): string {
  switch (result) {
    case 'updated':
      return `the host was updated from ${from} to ${version}`
    case 'rolled-back':
      return `${version} was rolled back: ${reason}`
    case 'returned':
      return `somebody went back from ${from} to ${version}: ${reason}`
    case 'dropped':
      return `${version} was dropped before it was booted: ${reason}`
    case 'failed':
      return `the update to ${version} failed: ${reason}`
  }
}

function waiting({ settings, state, memory, nowMs }: StatusSources, staged: string): string {
  const enabled = settings.enabled === true ? settings : undefined
  const { hold } = state
  return decideReboot({
    staged,
    ...(hold !== undefined && { hold }),
    strategy: enabled?.strategy ?? 'manual',
    windows: enabled?.windows ?? [],
    lock: memory.lock ?? { kind: 'unasked' },
    byHand: false,
    nowMs,
  }).reason
}

function settingsPart(settings: TurnSettings): UpdateStatus['settings'] {
  if (settings.enabled === true) {
    const { server, channel, strategy } = settings
    return { enabled: true, server, channel, strategy }
  }
  if (settings.enabled === false) return { enabled: false, reason: settings.reason }
  const { message, code } = settings.problem
  return { enabled: false, reason: message, code }
}

function noTrust(): string {
  return updateAgentErrors.error('SLIPWAY_UPDATE_NO_TRUST', { file: agentPaths.rootFile }).message
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
