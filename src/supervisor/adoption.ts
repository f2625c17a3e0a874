import { describeError, type Log } from '../journal/log.ts'
import type { Container } from './containers/container.ts'
import { beforeItsStart, isBeingStarted } from './containers/interrupted-start.ts'
import type { Lifecycle } from './containers/lifecycle.ts'
import { runningState } from './containers/starting.ts'
import type { ContainerStore } from './containers/store.ts'
import type { Networking } from './networks/networking.ts'
import { isAlive } from './runtime/processes.ts'
import type { Runtime } from './runtime/runtime.ts'

export type AdoptionOptions = {
  readonly store: ContainerStore
  readonly lifecycle: Lifecycle
  readonly runtime: Runtime
  readonly networking: Networking
  readonly bootId: string
  readonly log: Log
}

/** Takes over containers that an earlier supervisor left: makes records true after a time in which nobody kept them. */
export class Adoption {
  readonly #options: AdoptionOptions

  constructor(options: AdoptionOptions) {
    this.#options = options
  }

  /** Gives the container as it is, on its networks if it runs; undefined if it has gone. */
  async adopt(container: Container): Promise<Container | undefined> {
    const { state } = container
    if (state.status === 'running') await this.#adoptRunning(container)
    else if (isBeingStarted(container)) await this.#adoptStarting(container)
    else await this.#cleanUp(container)
    const adopted = this.#options.store.get(container.id)
    if (adopted?.state.status === 'running') await this.#restoreNetworks(adopted)
    return adopted
  }

  async #adoptRunning(container: Container): Promise<void> {
    const { lifecycle, runtime, bootId, log } = this.#options
    const exit =
      container.state.bootId === bootId
        ? await runtime.endings.exitOf(container)
        : { exitCode: 255, finishedAt: new Date(), oomKilled: false }
    if (exit === undefined) {
      log.info(`adopted container ${container.name}`)
      await lifecycle.adoptFreezer(container.id)
    } else await lifecycle.recordExit(container.id, exit)
  }

  /** The last supervisor ended while it started this one. */
  async #adoptStarting(container: Container): Promise<void> {
    const { store, lifecycle, runtime, bootId, log } = this.#options
    const { process, ...rest } = container.state
    if (process !== undefined && rest.bootId === bootId) {
      const state = runningState(container, { process, warnings: rest.warnings })
      if (await runtime.endings.isRunning(container)) {
        await store.save({ ...container, state })
        log.info(`adopted container ${container.name}`)
        return
      }
      const exit = (await isAlive(process))
        ? undefined
        : await runtime.endings.seenExitOf(container)
      if (exit !== undefined) {
        // It ran to its end while nobody could write down that it had begun.
        const startedAt = exit.finishedAt.toISOString()
        await store.save({ ...container, state: { ...state, startedAt } })
        return await lifecycle.recordExit(container.id, exit)
      }
    }
    // By the ports in its record: they go after what leads there.
    await this.#cleanUp(container)
    await store.save(beforeItsStart(container))
  }

  /** What one container has left behind keeps nobody from looking after the others. */
  async #cleanUp(container: Container): Promise<void> {
    try {
      await this.#options.runtime.cleanUp(container)
    } catch (error) {
      this.#options.log.error(`${container.name}: what it left behind: ${describeError(error)}`)
    }
  }

  async #restoreNetworks(container: Container): Promise<void> {
    try {
      await this.#options.networking.restore(container)
    } catch (error) {
      // It runs, if not on all of its networks; its next start puts it there.
      this.#options.log.error(`${container.name}: networks: ${describeError(error)}`)
    }
  }
}
