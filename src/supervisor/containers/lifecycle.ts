import { describeError, type Log } from '../../journal/log.ts'
import type { EventLog } from '../events/event-log.ts'
import type { HealthStatus } from '../health/health.ts'
import type { NetworkStore } from '../networks/store.ts'
import type { ContainerExit } from '../runtime/endings.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TerminalSize } from '../runtime/terminal.ts'
import type { VolumeStore } from '../volumes/store.ts'
import { Announcements } from './announcements.ts'
import { Changes } from './changes.ts'
import type { Container } from './container.ts'
import { Ends } from './ends.ts'
import { isRestarting, nextDelayMs } from './restart.ts'
import { Runs } from './runs.ts'
import type { Limits, RestartPolicy } from './spec.ts'
import { Starting } from './starting.ts'
import { Stopping, type StopRequest } from './stopping.ts'
import type { ContainerStore } from './store.ts'
import { Turns } from './turns.ts'
import { type WaitCondition, Waiters, type WaitResult } from './waiters.ts'

export type LifecycleOptions = {
  readonly store: ContainerStore
  readonly runtime: Runtime
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
  readonly bootId: string
  readonly events: EventLog
  readonly log: Log
  /** Called when a container has ended and stays: somebody may have to start it again. */
  readonly onEnded: (container: Container) => void
  /** Called when a container runs. */
  readonly onStarted: (container: Container) => void
  /** Called when a container is gone. */
  readonly onRemoved: (container: Container) => void
}

/**
 * What containers go through from their creation to their removal, whoever made them. What changes
 * one container happens one after the other; the record on disk is always ahead of the effect.
 */
export class Lifecycle {
  readonly runs = new Runs()
  readonly #options: LifecycleOptions
  readonly #turns: Turns
  readonly #announcements: Announcements
  readonly #starting: Starting
  readonly #changes: Changes
  readonly #ends: Ends
  readonly #stopping: Stopping
  readonly #waiters = new Waiters()

  constructor(options: LifecycleOptions) {
    const { runs } = this
    this.#options = options
    const turns = new Turns(options.store)
    const announcements = new Announcements(options)
    const changes = new Changes({ ...options, turns, announcements })
    const ends = new Ends({ ...options, turns, announcements, runs, waiters: this.#waiters })
    this.#turns = turns
    this.#announcements = announcements
    this.#changes = changes
    this.#ends = ends
    this.#starting = new Starting({ ...options, runs })
    this.#stopping = new Stopping({ ...options, turns, announcements, changes, ends })
  }

  /** Starts a container; false when it runs already. Throws SLIPWAY_ENGINE_START_FAILED and others. */
  async start(id: string, { restart = false } = {}): Promise<boolean> {
    const started = await this.#turns.alone(id, async (container) => {
      if (container.state.status === 'running') return false
      // Meanwhile somebody may have stopped it.
      if (restart && nextDelayMs(container) === undefined) return false
      await this.#start(container, restart)
      return true
    })
    // Whoever watches for ends takes no notice of one that comes before the start is recorded.
    if (started) this.#observeLater(id)
    return started
  }

  /** Ends a container; false when it does not run. */
  async stop(id: string, how: StopRequest = {}): Promise<boolean> {
    return await this.#stopping.stop(id, how)
  }

  /** Sends a signal. Throws SLIPWAY_ENGINE_NOT_RUNNING. */
  async kill(id: string, signal: string): Promise<void> {
    await this.#stopping.kill(id, signal)
  }

  /** Freezes a container; `forNow` is for whoever unfreezes it again at once. */
  async pause(id: string, how: { forNow?: boolean } = {}): Promise<void> {
    await this.#changes.pause(id, how)
  }

  async unpause(id: string): Promise<void> {
    await this.#changes.unpause(id)
  }

  /** Finds out whether a container that was taken over is frozen, and lets it go on if it was so for a moment only. */
  async adoptFreezer(id: string): Promise<void> {
    await this.#changes.adoptFreezer(id)
  }

  /** Does something with a container while nothing else is under way for it. */
  async alone<T>(id: string, work: (container: Container) => Promise<T>): Promise<T> {
    return await this.#turns.alone(id, work)
  }

  /** Resolves when what is under way for a container is done. */
  async settled(id: string): Promise<void> {
    await this.#turns.run(id, async () => {})
  }

  /** Remembers how a running container is. */
  async saveHealth(id: string, health: HealthStatus): Promise<void> {
    await this.#changes.saveHealth(id, health)
  }

  /** Sets the size of the terminal. Throws SLIPWAY_SUPERVISOR_NO_TERMINAL. */
  async resize(id: string, size: TerminalSize): Promise<void> {
    await this.#changes.resize(id, size)
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#changes.rename(id, name)
  }

  /** Changes limits and restart policy; gives warnings. */
  async update(
    id: string,
    limits: Limits,
    restart: RestartPolicy | undefined,
  ): Promise<readonly string[]> {
    return await this.#changes.update(id, limits, restart)
  }

  /**
   * Removes a container with its own layer, and its anonymous volumes if told. Throws
   * SLIPWAY_ENGINE_STILL_RUNNING unless it is ended by force.
   */
  async remove(id: string, how: { force?: boolean; volumes?: boolean } = {}): Promise<void> {
    await this.#stopping.remove(id, how)
  }

  /** Looks whether a container has ended, and records it. */
  async observe(id: string): Promise<void> {
    await this.#ends.observe(id)
  }

  /** Waits until the end of a container that was killed is recorded. */
  async observeUntilEnded(id: string): Promise<void> {
    await this.#ends.observeUntilEnded(id)
  }

  /** Writes down that a container ended, and frees what it held. Nothing when that is known already. */
  async recordExit(id: string, exit: ContainerExit): Promise<void> {
    await this.#ends.record(id, exit)
  }

  /** Resolves when a container has ended, or with what is so already. Never when the signal aborts. */
  async wait(id: string, condition: WaitCondition, signal: AbortSignal): Promise<WaitResult> {
    const container = this.#turns.require(id)
    const { status, exitCode } = container.state
    if (condition === 'not-running' && status !== 'running' && !isRestarting(container))
      return { exitCode, error: '' }
    return await this.#waiters.next(id, condition, signal)
  }

  /** Resolves when nothing is under way for any container. */
  async idle(): Promise<void> {
    await this.#turns.idle()
  }

  /** Tells listeners what happened to a container. */
  publish(container: Container, action: string, more: Readonly<Record<string, string>> = {}): void {
    this.#announcements.publish(container, action, more)
  }

  async #start(container: Container, restart: boolean): Promise<void> {
    const { log, onStarted } = this.#options
    const started = await this.#starting.start(container, restart)
    if ('error' in started) {
      this.runs.end(container.id)
      if (container.spec.autoRemove === true) await this.#ends.forget(started.container, true)
      throw started.error
    }
    for (const warning of started.state.warnings)
      log.warning(`container ${container.name}: ${warning}`)
    log.info(`started container ${container.name}${restart ? ' again' : ''}`)
    onStarted(started)
    this.#announcements.started(started)
  }

  #observeLater(id: string): void {
    this.observe(id).catch((error: unknown) => {
      this.#options.log.error(`the end of container ${id}: ${describeError(error)}`)
    })
  }
}
