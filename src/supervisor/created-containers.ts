import { describeError, type Log } from '../journal/log.ts'
import type { Container } from './containers/container.ts'
import type { Lifecycle } from './containers/lifecycle.ts'
import { nextDelayMs, restartInMs } from './containers/restart.ts'
import type { ContainerStore } from './containers/store.ts'

export type CreatedContainersOptions = {
  readonly store: ContainerStore
  readonly lifecycle: Lifecycle
  readonly bootId: string
  readonly log: Log
}

/** Keeps the containers that clients of the API made as their restart policies say. */
export class CreatedContainers {
  readonly #options: CreatedContainersOptions
  readonly #timers = new Map<string, NodeJS.Timeout>()
  #closed = false

  constructor(options: CreatedContainersOptions) {
    this.#options = options
  }

  /** What is to be done for those that an earlier supervisor left, whose records are true again. */
  async takeOver(): Promise<void> {
    const { store, lifecycle, bootId } = this.#options
    for (const container of store.all) {
      const { origin, spec, state } = container
      if (origin.kind !== 'api' || state.status === 'running') continue
      // As Docker's own daemon does with those that were never started, or not to the end.
      if (spec.autoRemove === true) await lifecycle.remove(container.id, { volumes: true })
      else if (state.status === 'created') continue
      else if (state.bootId === bootId) this.restartLater(container)
      else if (startsAtBoot(container)) this.#startSoon(container.id, 0, false)
    }
  }

  /** Starts a container again that has ended, after its back-off, if its policy says so. */
  restartLater(container: Container): void {
    const delayMs = restartInMs(container)
    if (delayMs !== undefined) this.#startSoon(container.id, delayMs, true)
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  #startSoon(id: string, delayMs: number, restart: boolean): void {
    if (this.#closed) return
    clearTimeout(this.#timers.get(id))
    const timer = setTimeout(() => {
      this.#timers.delete(id)
      void this.#start(id, restart)
    }, delayMs)
    this.#timers.set(id, timer)
  }

  async #start(id: string, restart: boolean): Promise<void> {
    const { store, lifecycle, log } = this.#options
    const name = store.get(id)?.name
    if (name === undefined || this.#closed) return
    try {
      await lifecycle.start(id, { restart })
    } catch (error) {
      log.error(`container ${name} could not be started again: ${describeError(error)}`)
    }
  }
}

/** Docker's: `unless-stopped` remembers that it was stopped, `always` does not. */
export function startsAtBoot({ spec, state }: Pick<Container, 'spec' | 'state'>): boolean {
  return spec.restart.name === 'always' || nextDelayMs({ spec, state }) !== undefined
}
