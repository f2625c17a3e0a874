import type { Log } from '../../journal/log.ts'
import type { ContainerExit } from '../runtime/endings.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { VolumeStore } from '../volumes/store.ts'
import type { Announcements } from './announcements.ts'
import type { Container } from './container.ts'
import { shortId } from './identity.ts'
import { nextDelayMs, ranForMs } from './restart.ts'
import type { Runs } from './runs.ts'
import type { Turns } from './turns.ts'
import type { Waiters } from './waiters.ts'

export type EndsOptions = {
  readonly turns: Turns
  readonly runs: Runs
  readonly waiters: Waiters
  readonly runtime: Runtime
  readonly volumes: VolumeStore
  readonly announcements: Announcements
  readonly log: Log
  /** Called when a container has ended and stays: somebody may have to start it again. */
  readonly onEnded: (container: Container) => void
  /** Called when a container is gone. */
  readonly onRemoved: (container: Container) => void
}

/** Notices how runs of containers end and what that leads to, up to the end of the container itself. */
export class Ends {
  readonly #options: EndsOptions
  readonly #kept = new Set<string>()

  constructor(options: EndsOptions) {
    this.#options = options
  }

  /** Until `release`, not even a container that goes with its end is removed. */
  keep(id: string): void {
    this.#kept.add(id)
  }

  release(id: string): void {
    this.#kept.delete(id)
  }

  /** Looks whether a container has ended, and records it. */
  async observe(id: string): Promise<void> {
    const { turns, runtime } = this.#options
    const container = turns.store.get(id)
    if (container?.state.status !== 'running') return
    const exit = await runtime.endings.exitOf(container)
    if (exit !== undefined) await this.record(id, exit)
  }

  /** Waits until the end of a container that was killed is recorded. */
  async observeUntilEnded(id: string): Promise<void> {
    const { turns, runtime } = this.#options
    const container = turns.store.get(id)
    if (container?.state.status !== 'running') return
    await this.record(id, await runtime.endings.exitOfKilled(container))
  }

  /** Writes down that a container ended, and frees what it held. Nothing when that is known already. */
  async record(id: string, exit: ContainerExit, { goesDown = false } = {}): Promise<void> {
    const { turns } = this.#options
    await turns.run(id, async () => {
      const container = turns.store.get(id)
      if (container?.state.status !== 'running') return
      const {
        process: _ended,
        paused: _frozen,
        frozenForNow: _still,
        health: _unknown,
        ...before
      } = container.state
      const { bootId: _left, ...unstarted } = before
      // One that was ended with the host was not started in this boot: so the next supervisor starts it.
      const state = goesDown ? unstarted : before
      const saved = await turns.saveState(
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

  /** Removes the record of a container that holds nothing any more, and its files. */
  async forget(container: Container, volumes: boolean): Promise<void> {
    const { turns, runs, waiters, volumes: kept, announcements, log, onRemoved } = this.#options
    const { id, name, spec, state } = container
    // Before the record: without it nobody would know what they were for.
    if (volumes)
      for (const { type, source, anonymous } of spec.mounts)
        if (type === 'volume' && anonymous === true) await kept.removeUnused(source, id)
    await turns.store.remove(id)
    log.info(`removed container ${name} (${shortId(id)})`)
    announcements.publish(container, 'destroy')
    runs.end(id)
    waiters.removed(id, { exitCode: state.exitCode, error: '' })
    onRemoved(container)
  }

  async #afterExit(container: Container, goesDown: boolean): Promise<void> {
    const { runtime, runs, waiters, announcements, log, onEnded } = this.#options
    const { id, name, spec, state } = container
    const why = state.oomKilled ? ', out of memory' : ''
    log.info(`container ${name} ended with exit code ${state.exitCode}${why}`)
    if (state.oomKilled) announcements.publish(container, 'oom')
    announcements.publish(container, 'die', {
      exitCode: String(state.exitCode),
      execDuration: String(Math.floor(ranForMs(state) / 1000)),
    })
    runs.end(id)
    const stays = goesDown || nextDelayMs(container) === undefined
    waiters.ended(id, { exitCode: state.exitCode, error: '' }, stays)
    await runtime.cleanUp(container, goesDown ? 'with the boot' : 'later')
    announcements.freed(container)
    if (spec.autoRemove === true && !goesDown && !this.#kept.has(id))
      await this.forget(container, true)
    else if (!goesDown) onEnded(container)
  }
}
