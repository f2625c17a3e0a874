import { engineErrors } from '../../errors/engine.ts'
import { isSlipwayError } from '../../errors/error.ts'
import { describeError, type Log } from '../../journal/log.ts'
import type { EventLog } from '../events/event-log.ts'
import type { HealthStatus } from '../health/health.ts'
import { endpointsOf } from '../networks/endpoint.ts'
import type { NetworkStore } from '../networks/store.ts'
import type { ContainerExit, StopOptions } from '../runtime/endings.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TerminalSize } from '../runtime/terminal.ts'
import { SerialByKey } from '../serial-by-key.ts'
import type { VolumeStore } from '../volumes/store.ts'
import type { Container } from './container.ts'
import { shortId } from './identity.ts'
import { labelsOf } from './labels.ts'
import { isRestarting, nextDelayMs, ranForMs } from './restart.ts'
import { Runs } from './runs.ts'
import { signalNumber } from './signal-number.ts'
import type { Limits, RestartPolicy } from './spec.ts'
import { Starting } from './starting.ts'
import { stopSignal } from './stop.ts'
import type { ContainerStore } from './store.ts'
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
}

/** Beside what the runtime takes: `manual` says that somebody wants it stopped, so that no policy starts it. */
export type StopRequest = StopOptions & {
  readonly manual?: boolean
  /** It is started again at once: not even one that goes with its end is removed. */
  readonly keep?: boolean
  readonly goesDown?: boolean
}

/**
 * What containers go through from their creation to their removal, whoever made them. What changes
 * one container happens one after the other; the record on disk is always ahead of the effect.
 */
export class Lifecycle {
  readonly runs = new Runs()
  readonly #options: LifecycleOptions
  readonly #starting: Starting
  readonly #waiters = new Waiters()
  readonly #turns = new SerialByKey()
  readonly #kept = new Set<string>()

  constructor(options: LifecycleOptions) {
    this.#options = options
    this.#starting = new Starting({ ...options, runs: this.runs })
  }

  /** Starts a container; false when it runs already. Throws SLIPWAY_ENGINE_START_FAILED and others. */
  async start(id: string, { restart = false } = {}): Promise<boolean> {
    const started = await this.#turns.run(id, async () => {
      const container = this.#get(id)
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
  async stop(
    id: string,
    { manual = false, keep = false, goesDown = false, ...how }: StopRequest = {},
  ): Promise<boolean> {
    const container = await this.#mark(id, manual)
    if (container.state.status !== 'running') return false
    const { runtime, log } = this.#options
    const signal = how.signal ?? stopSignal(container)
    log.info(`stopping container ${container.name} by ${signal}`)
    this.publish(container, 'kill', { signal: signalNumberText(signal) })
    if (keep) this.#kept.add(id)
    const beganMs = performance.now()
    const stopping = runtime.endings.stop(container, how)
    if (container.state.paused === true) await this.#resume(id)
    const { exit, killed } = await stopping
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
    if (killed)
      log.warning(
        `container ${container.name} did not end within ${seconds} s of ${signal} and was killed`,
      )
    await this.recordExit(id, exit, { goesDown })
    this.#kept.delete(id)
    this.publish(container, 'stop')
    return true
  }

  /** Sends a signal. Throws SLIPWAY_ENGINE_NOT_RUNNING. */
  async kill(id: string, signal: string): Promise<void> {
    const deadly = signal === 'SIGKILL' || signal === '9'
    const container = await this.#mark(id, deadly || signal === stopSignal(this.#get(id)))
    requireRunning(container)
    await this.#options.runtime.kill(container, signal)
    if (container.state.paused === true) await this.#resume(id)
    this.publish(container, 'kill', { signal: signalNumberText(signal) })
    if (deadly) await this.observeUntilEnded(id)
  }

  async pause(id: string): Promise<void> {
    await this.#turns.run(id, async () => {
      const container = requireRunning(this.#get(id))
      if (container.state.paused === true)
        throw engineErrors.error('SLIPWAY_ENGINE_ALREADY_PAUSED', { id })
      await this.#options.runtime.pause(container)
      await this.#save(container, { paused: true })
      this.publish(container, 'pause')
    })
  }

  async unpause(id: string): Promise<void> {
    const container = this.#get(id)
    if (container.state.status !== 'running' || container.state.paused !== true)
      throw engineErrors.error('SLIPWAY_ENGINE_NOT_PAUSED', { id })
    await this.#resume(id)
    this.publish(container, 'unpause')
  }

  /** Does something with a container while nothing else is under way for it. */
  async alone<T>(id: string, work: (container: Container) => Promise<T>): Promise<T> {
    return await this.#turns.run(id, async () => await work(this.#get(id)))
  }

  /** Remembers how a running container is. */
  async saveHealth(id: string, health: HealthStatus): Promise<void> {
    await this.#turns.run(id, async () => {
      const container = this.#options.store.get(id)
      if (container?.state.status === 'running') await this.#save(container, { health })
    })
  }

  /** Sets the size of the terminal. Throws SLIPWAY_SUPERVISOR_NO_TERMINAL. */
  async resize(id: string, size: TerminalSize): Promise<void> {
    await this.#options.runtime.resize(requireRunning(this.#get(id)), size)
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#turns.run(id, async () => {
      const container = this.#get(id)
      const saved = await this.#options.store.save({ ...container, name })
      this.publish(saved, 'rename', { oldName: `/${container.name}` })
    })
  }

  /** Changes limits and restart policy; gives warnings. */
  async update(
    id: string,
    limits: Limits,
    restart: RestartPolicy | undefined,
  ): Promise<readonly string[]> {
    return await this.#turns.run(id, async () => {
      const container = this.#get(id)
      const { store, runtime } = this.#options
      const spec = {
        ...container.spec,
        limits: { ...container.spec.limits, ...limits },
        ...(restart === undefined ? {} : { restart }),
      }
      const warnings =
        container.state.status === 'running' ? await runtime.update(container, limits) : []
      await store.save({ ...container, spec })
      this.publish(container, 'update')
      return warnings
    })
  }

  /**
   * Removes a container with its own layer, and its anonymous volumes if told. Throws
   * SLIPWAY_ENGINE_STILL_RUNNING unless it is ended by force.
   */
  async remove(id: string, { force = false, volumes = false } = {}): Promise<void> {
    this.#get(id)
    for (;;) {
      const running = await this.#turns.run(id, async () => {
        const container = this.#options.store.get(id)
        // It may have gone by itself, as one that is removed when it ends.
        if (container === undefined) return false
        if (container.state.status === 'running') return true
        await this.#options.runtime.cleanUp(container)
        await this.#forget(container, volumes)
        return false
      })
      if (!running) return
      const { name } = this.#get(id)
      if (!force) throw engineErrors.error('SLIPWAY_ENGINE_STILL_RUNNING', { name })
      await this.#killForRemoval(id)
    }
  }

  /** It may end by itself meanwhile, which is as good. */
  async #killForRemoval(id: string): Promise<void> {
    try {
      await this.kill(id, 'SIGKILL')
    } catch (error) {
      if (
        !isSlipwayError(error, 'SLIPWAY_ENGINE_NOT_RUNNING') &&
        !isSlipwayError(error, 'SLIPWAY_ENGINE_NO_SUCH_CONTAINER')
      )
        throw error
    }
  }

  /** Looks whether a container has ended, and records it. */
  async observe(id: string): Promise<void> {
    const container = this.#options.store.get(id)
    if (container?.state.status !== 'running') return
    const exit = await this.#options.runtime.endings.exitOf(container)
    if (exit !== undefined) await this.recordExit(id, exit)
  }

  #observeLater(id: string): void {
    this.observe(id).catch((error: unknown) => {
      this.#options.log.error(`the end of container ${id}: ${describeError(error)}`)
    })
  }

  /** Waits until the end of a container that was killed is recorded. */
  async observeUntilEnded(id: string): Promise<void> {
    const container = this.#options.store.get(id)
    if (container?.state.status !== 'running') return
    await this.recordExit(id, await this.#options.runtime.endings.exitOfKilled(container))
  }

  /** Writes down that a container ended, and frees what it held. Nothing when that is known already. */
  async recordExit(id: string, exit: ContainerExit, { goesDown = false } = {}): Promise<void> {
    await this.#turns.run(id, async () => {
      const container = this.#options.store.get(id)
      if (container?.state.status !== 'running') return
      const { process: _ended, paused: _frozen, health: _unknown, ...before } = container.state
      const { bootId: _left, ...unstarted } = before
      // One that was ended with the host was not started in this boot: so the next supervisor starts it.
      const state = goesDown ? unstarted : before
      const saved = await this.#save(
        { ...container, state },
        {
          status: 'exited',
          exitCode: exit.exitCode,
          oomKilled: exit.oomKilled,
          finishedAt: exit.finishedAt.toISOString(),
        },
      )
      await this.#afterExit(saved, goesDown)
    })
  }

  /** Resolves when a container has ended, or with what is so already. Never when the signal aborts. */
  async wait(id: string, condition: WaitCondition, signal: AbortSignal): Promise<WaitResult> {
    const container = this.#get(id)
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
    const { id, name, spec } = container
    const attributes = { ...labelsOf(container), image: spec.image, name, ...more }
    this.#options.events.publish({ type: 'container', action, id, attributes })
  }

  #publishVolumes({ id, spec }: Container, action: 'mount' | 'unmount'): void {
    for (const { type, source, target, readOnly } of spec.mounts) {
      if (type !== 'volume') continue
      const how = { destination: target, propagation: '', 'read/write': String(!readOnly) }
      const more = action === 'mount' ? { container: id, ...how } : { container: id }
      this.#options.volumes.publish(source, action, more)
    }
  }

  #publishNetworks(container: Container, action: 'connect' | 'disconnect'): void {
    const { networks } = this.#options
    const mode = container.spec.namespaces?.network
    const whole = mode === 'host' || mode === 'none' ? [networks.require(mode)] : []
    const own = endpointsOf(container).flatMap(({ networkId }) => networks.get(networkId) ?? [])
    for (const network of [...whole, ...own])
      networks.publish(network, action, { container: container.id })
  }

  async #start(container: Container, restart: boolean): Promise<void> {
    const { log, onStarted } = this.#options
    const started = await this.#starting.start(container, restart)
    if ('error' in started) {
      this.runs.end(container.id)
      if (container.spec.autoRemove === true) await this.#forget(started.container, true)
      throw started.error
    }
    for (const warning of started.state.warnings)
      log.warning(`container ${container.name}: ${warning}`)
    log.info(`started container ${container.name}${restart ? ' again' : ''}`)
    onStarted(started)
    this.#publishVolumes(started, 'mount')
    this.#publishNetworks(started, 'connect')
    this.publish(container, 'start')
  }

  async #afterExit(container: Container, goesDown: boolean): Promise<void> {
    const { runtime, log, onEnded } = this.#options
    const { id, name, spec, state } = container
    const why = state.oomKilled ? ', out of memory' : ''
    log.info(`container ${name} ended with exit code ${state.exitCode}${why}`)
    if (state.oomKilled) this.publish(container, 'oom')
    this.publish(container, 'die', {
      exitCode: String(state.exitCode),
      execDuration: String(Math.floor(ranForMs(state) / 1000)),
    })
    this.runs.end(id)
    const stays = goesDown || nextDelayMs(container) === undefined
    this.#waiters.ended(id, { exitCode: state.exitCode, error: '' }, stays)
    await runtime.cleanUp(container, { goesDown })
    this.#publishNetworks(container, 'disconnect')
    this.#publishVolumes(container, 'unmount')
    if (spec.autoRemove === true && !goesDown && !this.#kept.has(id))
      await this.#forget(container, true)
    else if (!goesDown) onEnded(container)
  }

  /** Removes the record of a container that holds nothing any more, and its files. */
  async #forget(container: Container, volumes: boolean): Promise<void> {
    const { store, volumes: kept, log } = this.#options
    const { id, name, spec, state } = container
    await store.remove(id)
    if (volumes)
      for (const { type, source, anonymous } of spec.mounts)
        if (type === 'volume' && anonymous === true) await kept.removeUnused(source)
    log.info(`removed container ${name} (${shortId(id)})`)
    this.publish(container, 'destroy')
    this.runs.end(id)
    this.#waiters.removed(id, { exitCode: state.exitCode, error: '' })
  }

  /** The container after what is under way for it; marked as stopped by somebody if so. */
  async #mark(id: string, manual: boolean): Promise<Container> {
    return await this.#turns.run(id, async () => {
      const container = this.#get(id)
      if (!manual || container.state.stopped === true) return container
      return await this.#save(container, { stopped: true })
    })
  }

  async #resume(id: string): Promise<void> {
    await this.#turns.run(id, async () => {
      const container = this.#options.store.get(id)
      if (container?.state.status !== 'running' || container.state.paused !== true) return
      await this.#options.runtime.resume(container)
      const { paused: _frozen, ...state } = container.state
      await this.#options.store.save({ ...container, state })
    })
  }

  async #save(container: Container, changes: Partial<Container['state']>): Promise<Container> {
    return await this.#options.store.save({
      ...container,
      state: { ...container.state, ...changes },
    })
  }

  #get(id: string): Container {
    const container = this.#options.store.get(id)
    if (container === undefined)
      throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_CONTAINER', { name: id })
    return container
  }
}

function requireRunning(container: Container): Container {
  if (container.state.status === 'running') return container
  throw engineErrors.error('SLIPWAY_ENGINE_NOT_RUNNING', { id: container.id })
}

/** Docker's events name signals by number. */
function signalNumberText(signal: string): string {
  return String(signalNumber(signal) ?? signal)
}
