import { readFile } from 'node:fs/promises'
import { isSlipwayError, type SlipwayError } from '../../errors/error.ts'
import { nextCheckAtMs } from '../schedule/check-time.ts'
import {
  type LoadedSettings,
  loadUpdateSettings,
  type UpdateSettings,
} from '../settings/settings.ts'
import { rootHashOf } from '../slot/discover.ts'
import { advance } from '../state/advance.ts'
import type { BootFacts, UpdateEvent } from '../state/event.ts'
import { type Limits, standardLimits } from '../state/outcome.ts'
import type { CheckResult, UpdateState } from '../state/state.ts'
import { saveUpdateState } from '../state/state-file.ts'
import { recordBoot } from './boot-facts.ts'
import type { AgentHost } from './host.ts'
import { logError } from './log-error.ts'
import { logOutcome } from './log-outcome.ts'
import { type RunningSystem, readRunningSystem } from './running-release.ts'
import { tellOnConsole } from './tell-on-console.ts'
import { readTurnMemory, saveTurnMemory, type TurnMemory } from './turn-memory.ts'

/** The settings, or why they cannot be read. */
export type TurnSettings =
  | LoadedSettings
  | { readonly enabled: 'unknown'; readonly problem: SlipwayError }

/** How often a host looks whose settings cannot be read. */
const unknownIntervalMs = 60 * 60 * 1000

/** What a turn knows: the state, which is saved at each event, and what belongs to this boot. */
export class Session {
  readonly host: AgentHost
  readonly settings: TurnSettings
  readonly running: RunningSystem
  readonly facts: BootFacts
  /** dm-verity's, of the /usr that runs. */
  readonly rootHash: string
  /** What was remembered before this start. */
  readonly before: UpdateState
  #state: UpdateState
  #memory: TurnMemory

  private constructor(
    host: AgentHost,
    settings: TurnSettings,
    running: RunningSystem,
    rootHash: string,
    boot: { before: UpdateState; state: UpdateState; facts: BootFacts },
    memory: TurnMemory,
  ) {
    this.host = host
    this.settings = settings
    this.running = running
    this.rootHash = rootHash
    this.facts = boot.facts
    this.before = boot.before
    this.#state = boot.state
    this.#memory = memory
  }

  /** Loads what there is and holds it against this boot. */
  static async open(host: AgentHost): Promise<Session> {
    const { paths, now, log } = host
    const settings = await settingsOf(paths.settings)
    const running = await readRunningSystem(paths.osRelease)
    const boot = await recordBoot({ now, limits: limitsOf(settings) }, paths)
    if (boot.problem !== undefined) logError(log, boot.problem)
    if (settings.enabled === 'unknown') logError(log, settings.problem)
    logOutcome(boot.before, boot.state, log)
    await tellOnConsole(boot.before, boot.state, paths.console)
    const rootHash = rootHashOf(await readFile(paths.commandLine, 'utf8'))
    return new Session(host, settings, running, rootHash, boot, await readTurnMemory(paths.run))
  }

  get state(): UpdateState {
    return this.#state
  }

  get memory(): TurnMemory {
    return this.#memory
  }

  /** What the settings say, if they can be read and updates are on. */
  get enabled(): UpdateSettings | undefined {
    return this.settings.enabled === true ? this.settings : undefined
  }

  get nowMs(): number {
    return this.host.now().getTime()
  }

  get at(): string {
    return this.host.now().toISOString()
  }

  /** Goes on by an event; the new state is on the disk when this returns. */
  async advance(event: UpdateEvent): Promise<void> {
    this.#state = advance(this.#state, event, limitsOf(this.settings))
    await saveUpdateState(this.#state, this.host.paths.state)
  }

  /** Notes a check's result, and draws the time of the next one. */
  async checked(result: Omit<CheckResult, 'at'>, atLatestInMs?: number): Promise<void> {
    const { nowMs, at } = this
    const failures = result.ok ? 0 : this.#state.checkFailures + 1
    const intervalMs = this.enabled?.intervalMs ?? unknownIntervalMs
    const drawn = nextCheckAtMs(
      { lastCheckAtMs: nowMs, failures },
      intervalMs,
      nowMs,
      this.host.random,
    )
    const next = atLatestInMs === undefined ? drawn : Math.min(drawn, nowMs + atLatestInMs)
    await this.advance({
      kind: 'checked',
      result: { at, ...result },
      nextCheckAt: new Date(next).toISOString(),
    })
  }

  /** Remembers something until the next boot; what is undefined is forgotten. */
  async remember(
    changes: { [Name in keyof TurnMemory]: TurnMemory[Name] | undefined },
  ): Promise<void> {
    const entries = Object.entries({ ...this.#memory, ...changes })
    this.#memory = Object.fromEntries(entries.filter(([, value]) => value !== undefined))
    await saveTurnMemory(this.#memory, this.host.paths.run)
  }

  /**
   * When to look for releases, in milliseconds since 1970; undefined while this host takes none. A host that has never
   * looked draws the time once.
   */
  async checkAtMs(): Promise<number | undefined> {
    if (this.settings.enabled === false || this.facts.onTrial) return undefined
    const { nowMs } = this
    const intervalMs = this.enabled?.intervalMs ?? unknownIntervalMs
    const { nextCheckAt } = this.#state
    if (nextCheckAt !== undefined) {
      const atMs = Date.parse(nextCheckAt)
      // No wait is longer: the clock was wrong then, or the settings had a longer interval.
      return atMs > nowMs + intervalMs * 1.25 ? nowMs : atMs
    }
    const firstCheckAtMs =
      this.#memory.firstCheckAtMs ??
      nextCheckAtMs({ failures: 0 }, intervalMs, nowMs, this.host.random)
    await this.remember({ firstCheckAtMs })
    return firstCheckAtMs
  }
}

async function settingsOf(file: string): Promise<TurnSettings> {
  try {
    return await loadUpdateSettings(file)
  } catch (error) {
    if (!isSlipwayError(error)) throw error
    return { enabled: 'unknown', problem: error }
  }
}

function limitsOf(settings: TurnSettings): Limits {
  return settings.enabled === true
    ? { ...standardLimits, history: settings.history }
    : standardLimits
}
