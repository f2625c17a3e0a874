import { engineErrors } from '../../errors/engine.ts'
import type { HealthStatus } from '../health/health.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TerminalSize } from '../runtime/terminal.ts'
import type { Announcements } from './announcements.ts'
import type { ContainerState } from './container.ts'
import type { Limits, RestartPolicy } from './spec.ts'
import type { Turns } from './turns.ts'

export type ChangesOptions = {
  readonly turns: Turns
  readonly runtime: Runtime
  readonly announcements: Announcements
}

/** What is changed of a container that neither starts nor ends by it. */
export class Changes {
  readonly #options: ChangesOptions

  constructor(options: ChangesOptions) {
    this.#options = options
  }

  /** @param forNow a supervisor that comes after a crash lets it go on again */
  async pause(id: string, { forNow = false } = {}): Promise<void> {
    const { turns, runtime, announcements } = this.#options
    await turns.run(id, async () => {
      const container = turns.requireRunning(id)
      if (container.state.paused === true)
        throw engineErrors.error('SLIPWAY_ENGINE_ALREADY_PAUSED', { id })
      const begun = forNow ? await turns.saveState(container, { frozenForNow: true }) : container
      await runtime.pause(begun)
      await turns.saveState(begun, { paused: true })
      announcements.publish(container, 'pause')
    })
  }

  async unpause(id: string): Promise<void> {
    const { turns, announcements } = this.#options
    const container = turns.require(id)
    if (container.state.status !== 'running' || container.state.paused !== true)
      throw engineErrors.error('SLIPWAY_ENGINE_NOT_PAUSED', { id })
    await this.resume(id)
    announcements.publish(container, 'unpause')
  }

  /** Lets a container go on that is frozen, without telling anybody: it is about to be ended. */
  async resume(id: string): Promise<void> {
    const { turns, runtime } = this.#options
    await turns.run(id, async () => {
      const container = turns.store.get(id)
      if (container?.state.status !== 'running' || container.state.paused !== true) return
      await runtime.resume(container)
      await turns.store.save({ ...container, state: unfrozen(container.state) })
    })
  }

  /** Makes the record of a running container true after a supervisor that may have been interrupted. */
  async adoptFreezer(id: string): Promise<void> {
    const { turns, runtime } = this.#options
    await turns.run(id, async () => {
      const container = turns.store.get(id)
      if (container?.state.status !== 'running') return
      const { paused = false, frozenForNow = false } = container.state
      const isFrozen = await runtime.isFrozen(container)
      if (frozenForNow && isFrozen) await runtime.resume(container)
      if (frozenForNow || !isFrozen) {
        if (frozenForNow || paused)
          await turns.store.save({ ...container, state: unfrozen(container.state) })
      } else if (!paused) await turns.saveState(container, { paused: true })
    })
  }

  async saveHealth(id: string, health: HealthStatus): Promise<void> {
    const { turns } = this.#options
    await turns.run(id, async () => {
      const container = turns.store.get(id)
      if (container?.state.status === 'running') await turns.saveState(container, { health })
    })
  }

  async resize(id: string, size: TerminalSize): Promise<void> {
    await this.#options.runtime.resize(this.#options.turns.requireRunning(id), size)
  }

  async rename(id: string, name: string): Promise<void> {
    const { turns, announcements } = this.#options
    await turns.alone(id, async (container) => {
      const saved = await turns.store.save({ ...container, name })
      announcements.publish(saved, 'rename', { oldName: `/${container.name}` })
    })
  }

  async update(
    id: string,
    limits: Limits,
    restart: RestartPolicy | undefined,
  ): Promise<readonly string[]> {
    const { turns, runtime, announcements } = this.#options
    return await turns.alone(id, async (container) => {
      const spec = {
        ...container.spec,
        limits: { ...container.spec.limits, ...limits },
        ...(restart === undefined ? {} : { restart }),
      }
      const warnings =
        container.state.status === 'running' ? await runtime.update(container, limits) : []
      await turns.store.save({ ...container, spec })
      announcements.publish(container, 'update')
      return warnings
    })
  }
}

function unfrozen(state: ContainerState): ContainerState {
  const { paused: _frozen, frozenForNow: _forNow, ...rest } = state
  return rest
}
