import { mkdir } from 'node:fs/promises'
import { supervisorErrors } from '../errors/supervisor.ts'
import type { Log } from '../journal/log.ts'
import type { Container } from './containers/container.ts'
import { neverStarted } from './containers/container.ts'
import { newContainerId, shortId } from './containers/identity.ts'
import { restartDelayMs } from './containers/restart-policy.ts'
import { stopSignal } from './containers/stop.ts'
import type { ContainerStore } from './containers/store.ts'
import { containerPaths, type Directories } from './directories.ts'
import type { ImageStore } from './images/store.ts'
import { freeAddress } from './networks/addresses.ts'
import { defaultBridge } from './networks/bridge.ts'
import type { DesiredService, Step } from './plan/steps.ts'
import type { ContainerExit, Runtime } from './runtime/runtime.ts'
import { Serial } from './serial.ts'

export type ExecutorOptions = {
  readonly store: ContainerStore
  readonly images: Pick<ImageStore, 'find' | 'pull'>
  readonly runtime: Runtime
  readonly directories: Directories
  readonly bootId: string
  readonly log: Log
  /** Holds a pull back until it has a chance: a host that has just booted has no network yet. */
  readonly beforePull: (signal: AbortSignal) => Promise<void>
}

/** Carries out the steps of a plan, one function for each kind, and keeps the records true. */
export class Executor {
  readonly #options: ExecutorOptions
  /** Two creations at once would take the same address. */
  readonly #creation = new Serial()

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  async execute(step: Step, signal: AbortSignal): Promise<void> {
    switch (step.kind) {
      case 'pullImage': {
        await this.#options.beforePull(signal)
        this.#options.log.info(`pulling ${step.reference}`)
        await this.#options.images.pull(step.reference, { signal })
        return
      }
      case 'createContainer':
        return await this.#creation.run(() => this.#create(step.desired))
      case 'startContainer':
        return await this.#start(this.#container(step.id), step.restart)
      case 'stopContainer':
        return await this.#stop(this.#container(step.id))
      case 'removeContainer':
        return await this.#remove(this.#container(step.id))
    }
  }

  /**
   * Ends a container of a host that goes down. Its record says that it was not started in this boot: so
   * whoever is the next supervisor starts it, whatever its restart policy says about one that ended.
   */
  async stopForShutdown(container: Container, timeUp: AbortSignal): Promise<void> {
    const exit = await this.#end(container, timeUp)
    const { bootId: _left, ...state } = container.state
    await this.recordExit({ ...container, state }, exit, { goesDown: true })
  }

  /** Writes down that a container ended, and frees what it held. */
  async recordExit(
    container: Container,
    exit: ContainerExit,
    { goesDown = false } = {},
  ): Promise<void> {
    const { store, runtime, log } = this.#options
    const { process: _ended, ...state } = container.state
    const saved = await store.save({
      ...container,
      state: {
        ...state,
        status: 'exited',
        exitCode: exit.exitCode,
        oomKilled: exit.oomKilled,
        finishedAt: exit.finishedAt.toISOString(),
      },
    })
    const why = exit.oomKilled ? ', out of memory' : ''
    log.info(`container ${container.name} ended with exit code ${exit.exitCode}${why}`)
    await runtime.cleanUp(saved, { goesDown })
  }

  async #create({ service, configHash, file }: DesiredService): Promise<void> {
    const { store, images, directories, log } = this.#options
    const holder = store.all.find(({ name }) => name === service.containerName)
    if (holder !== undefined)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_NAME_IN_USE', {
        name: service.containerName,
        id: shortId(holder.id),
      })
    const image = await images.find(service.image)
    // It was there when the steps were planned: plan again.
    if (image === undefined) return
    const id = newContainerId()
    await mkdir(containerPaths(directories, id).state, { recursive: true, mode: 0o711 })
    await store.save({
      id,
      name: service.containerName,
      createdAt: new Date().toISOString(),
      file,
      service,
      configHash,
      image: {
        reference: service.image,
        manifestDigest: image.manifestDigest,
        configDigest: image.configDigest,
        config: image.config.config,
        layers: image.layers.map(({ directory }) => directory),
      },
      network: {
        ipAddress: freeAddress(
          defaultBridge,
          new Set(store.all.map(({ network }) => network.ipAddress)),
        ),
      },
      state: neverStarted,
    })
    log.info(`created container ${service.containerName} (${shortId(id)}) of ${service.image}`)
  }

  async #start(container: Container, restart: boolean): Promise<void> {
    const { store, runtime, bootId, log } = this.#options
    await runtime.cleanUp(container)
    const { process: _none, ...before } = container.state
    const backoffMs = restart ? (nextDelayMs(container) ?? 0) : 0
    const starting = await store.save({
      ...container,
      state: {
        ...before,
        status: 'created',
        starts: before.starts + 1,
        restartCount: restart ? before.restartCount + 1 : 0,
        backoffMs,
        exitCode: 0,
        oomKilled: false,
        error: '',
        bootId,
        warnings: [],
      },
    })
    try {
      const { process, warnings } = await runtime.start(starting, async (created) => {
        await store.save({ ...starting, state: { ...starting.state, process: created } })
      })
      for (const warning of warnings) log.warning(`container ${container.name}: ${warning}`)
      await store.save({ ...starting, state: runningState(starting, { process, warnings }) })
      log.info(`started container ${container.name}${restart ? ' again' : ''}`)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      await store.save({ ...starting, state: { ...starting.state, error: message } })
      throw error
    }
  }

  async #stop(container: Container): Promise<void> {
    await this.recordExit(container, await this.#end(container))
  }

  async #end(container: Container, timeUp?: AbortSignal): Promise<ContainerExit> {
    const { runtime, log } = this.#options
    const { name } = container
    const signal = stopSignal(container)
    log.info(`stopping container ${name} by ${signal}`)
    const beganMs = performance.now()
    const { exit, killed } = await runtime.stop(container, timeUp)
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
    if (killed)
      log.warning(`container ${name} did not end within ${seconds} s of ${signal} and was killed`)
    return exit
  }

  async #remove(container: Container): Promise<void> {
    const { store, runtime, log } = this.#options
    await runtime.cleanUp(container)
    await store.remove(container.id)
    log.info(`removed container ${container.name} (${shortId(container.id)})`)
  }

  #container(id: string): Container {
    const container = this.#options.store.get(id)
    if (container === undefined)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_NO_SUCH_CONTAINER', { name: id })
    return container
  }
}

/** The state of a container whose process was just let go. */
export function runningState(
  { state }: Container,
  changes: Pick<Container['state'], 'process' | 'warnings'>,
): Container['state'] {
  const { finishedAt: _past, ...rest } = state
  return { ...rest, ...changes, status: 'running', startedAt: new Date().toISOString() }
}

/** The back-off that the restart policy wants for a container that ended; undefined for no restart. */
export function nextDelayMs({ service, state }: Container): number | undefined {
  const durationMs = Date.parse(state.finishedAt ?? '') - Date.parse(state.startedAt ?? '')
  return restartDelayMs(service.restart, {
    exitCode: state.exitCode,
    durationMs: Number.isFinite(durationMs) ? durationMs : 0,
    restartCount: state.restartCount,
    backoffMs: state.backoffMs,
  })
}
