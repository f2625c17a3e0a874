import { engineErrors } from '../../errors/engine.ts'
import { SerialByKey } from '../serial-by-key.ts'
import type { Container } from './container.ts'
import type { ContainerStore } from './store.ts'

/** The records of containers, and turns to change them: what concerns one happens one after the other. */
export class Turns {
  readonly store: ContainerStore
  readonly #turns = new SerialByKey()

  constructor(store: ContainerStore) {
    this.store = store
  }

  /** Runs `work` when nothing else is under way for a container, whether it is still there or not. */
  async run<T>(id: string, work: () => Promise<T>): Promise<T> {
    return await this.#turns.run(id, work)
  }

  /** As `run`, for a container that is there. Throws SLIPWAY_ENGINE_NO_SUCH_CONTAINER. */
  async alone<T>(id: string, work: (container: Container) => Promise<T>): Promise<T> {
    return await this.#turns.run(id, async () => await work(this.require(id)))
  }

  /** Throws SLIPWAY_ENGINE_NO_SUCH_CONTAINER. */
  require(id: string): Container {
    const container = this.store.get(id)
    if (container === undefined)
      throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_CONTAINER', { name: id })
    return container
  }

  /** Throws SLIPWAY_ENGINE_NO_SUCH_CONTAINER, SLIPWAY_ENGINE_NOT_RUNNING. */
  requireRunning(id: string): Container {
    const container = this.require(id)
    if (container.state.status === 'running') return container
    throw engineErrors.error('SLIPWAY_ENGINE_NOT_RUNNING', { id })
  }

  /** Writes down a container with these changes of its state. */
  async saveState(container: Container, changes: Partial<Container['state']>): Promise<Container> {
    return await this.store.save({ ...container, state: { ...container.state, ...changes } })
  }

  /** Resolves when nothing is under way for any container. */
  async idle(): Promise<void> {
    await this.#turns.idle()
  }
}
