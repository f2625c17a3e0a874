import type { Refusal } from '../containers/container.ts'
import type { Creation } from '../containers/creation.ts'
import type { Lifecycle } from '../containers/lifecycle.ts'
import type { ContainerStore } from '../containers/store.ts'
import { endpointsOf, networkRecord } from '../networks/endpoint.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { isDeclared } from './service-key.ts'

export type ReplacementOptions = {
  readonly store: ContainerStore
  readonly creation: Creation
  readonly lifecycle: Lifecycle
  readonly runtime: Pick<Runtime, 'refreshNames'>
}

/** What the records say while one container takes the place of another. */
export class Replacement {
  readonly #options: ReplacementOptions

  constructor(options: ReplacementOptions) {
    this.#options = options
  }

  /** A successor that is well: from now on it is found by the names of its service. */
  async handOver(id: string, from: string): Promise<void> {
    const { store, lifecycle, runtime } = this.#options
    await lifecycle.alone(id, async (container) => {
      if (!isDeclared(container)) return
      const { origin } = container
      const endpoints = endpointsOf(container).map((endpoint) => {
        const place = origin.service.networks?.find(({ name }) => name === endpoint.networkName)
        return { ...endpoint, aliases: place?.aliases ?? endpoint.aliases }
      })
      const saved = await store.save({
        ...container,
        origin: { ...origin, successor: 'proven' },
        network: networkRecord(endpoints),
      })
      if (saved.state.status === 'running') await runtime.refreshNames(saved)
    })
    // Nobody is to be sent to one that is about to be stopped.
    await lifecycle.alone(from, async (container) => {
      const endpoints = endpointsOf(container).map((endpoint) => ({ ...endpoint, aliases: [] }))
      const saved = await store.save({ ...container, network: networkRecord(endpoints) })
      if (saved.state.status === 'running') await runtime.refreshNames(saved)
    })
  }

  /** Throws SLIPWAY_ENGINE_NAME_IN_USE. */
  async takeName(id: string, name: string): Promise<void> {
    const { store, creation, lifecycle, runtime } = this.#options
    await creation.claimName(name, async () => {
      await lifecycle.alone(id, async (container) => {
        if (!isDeclared(container)) return
        const { successor: _done, ...origin } = container.origin
        const state = { ...container.state, inPlaceSince: new Date().toISOString() }
        const saved = await store.save({ ...container, name, origin, state })
        if (saved.state.status === 'running') await runtime.refreshNames(saved)
        lifecycle.publish(saved, 'rename', { oldName: `/${container.name}` })
      })
    })
  }

  /** Remembers with a container what failed in its place. */
  async refuse(id: string, refused: Refusal): Promise<void> {
    const { store, lifecycle } = this.#options
    await lifecycle.alone(id, async (container) => {
      await store.save({ ...container, state: { ...container.state, refused } })
    })
  }

  /** What failed in the place of a container may be tried again. */
  async forgive(id: string): Promise<void> {
    const { store, lifecycle } = this.#options
    await lifecycle.alone(id, async (container) => {
      const { refused, ...state } = container.state
      if (refused !== undefined) await store.save({ ...container, state })
    })
  }
}
