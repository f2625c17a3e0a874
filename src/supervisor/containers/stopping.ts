import { engineErrors } from '../../errors/engine.ts'
import { isSlipwayError } from '../../errors/error.ts'
import type { Log } from '../../journal/log.ts'
import type { StopOptions } from '../runtime/endings.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Announcements } from './announcements.ts'
import type { Changes } from './changes.ts'
import type { Container, ContainerState } from './container.ts'
import type { Ends } from './ends.ts'
import { signalNumber } from './signal-number.ts'
import { stopSignal } from './stop.ts'
import type { Turns } from './turns.ts'

/** Beside what the runtime takes: `manual` says that somebody wants it stopped, so that no policy starts it. */
export type StopRequest = StopOptions & {
  readonly manual?: boolean
  /** It is started again at once: not even one that goes with its end is removed. */
  readonly keep?: boolean
  readonly goesDown?: boolean
  /** What is to be remembered of it beside that it ended. */
  readonly because?: Pick<ContainerState, 'setAside' | 'unhealthy'>
}

export type StoppingOptions = {
  readonly turns: Turns
  readonly runtime: Runtime
  readonly changes: Changes
  readonly ends: Ends
  readonly announcements: Announcements
  readonly log: Log
}

/** Ends containers that somebody wants to end, by signals or for good. */
export class Stopping {
  readonly #options: StoppingOptions

  constructor(options: StoppingOptions) {
    this.#options = options
  }

  async stop(
    id: string,
    { manual = false, keep = false, goesDown = false, because, ...how }: StopRequest,
  ): Promise<boolean> {
    const { runtime, changes, ends, announcements, log } = this.#options
    const container = await this.#mark(id, manual, because)
    if (container.state.status !== 'running') return false
    const signal = how.signal ?? stopSignal(container)
    log.info(`stopping container ${container.name} by ${signal}`)
    announcements.publish(container, 'kill', { signal: signalNumberText(signal) })
    if (keep) ends.keep(id)
    const beganMs = performance.now()
    const stopping = runtime.endings.stop(container, how)
    if (container.state.paused === true) await changes.resume(id)
    const { exit, killed } = await stopping
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
    if (killed) {
      log.warning(
        `container ${container.name} did not end within ${seconds} s of ${signal} and was killed`,
      )
      announcements.publish(container, 'kill', { signal: signalNumberText('SIGKILL') })
    }
    await ends.record(id, exit, { goesDown })
    ends.release(id)
    announcements.publish(container, 'stop')
    return true
  }

  async kill(id: string, signal: string): Promise<void> {
    const { turns, runtime, changes, ends, announcements } = this.#options
    const deadly = signal === 'SIGKILL' || signal === '9'
    const container = await this.#mark(id, deadly || signal === stopSignal(turns.require(id)))
    if (container.state.status !== 'running')
      throw engineErrors.error('SLIPWAY_ENGINE_NOT_RUNNING', { id })
    await runtime.kill(container, signal)
    if (container.state.paused === true) await changes.resume(id)
    announcements.publish(container, 'kill', { signal: signalNumberText(signal) })
    if (deadly) await ends.observeUntilEnded(id)
  }

  async remove(id: string, { force = false, volumes = false }): Promise<void> {
    const { turns, runtime, ends } = this.#options
    turns.require(id)
    for (;;) {
      const running = await turns.run(id, async () => {
        const container = turns.store.get(id)
        // It may have gone by itself, as one that is removed when it ends.
        if (container === undefined) return false
        if (container.state.status === 'running') return true
        await runtime.cleanUp(container, 'later')
        await ends.forget(container, volumes)
        return false
      })
      if (!running) return
      const { name } = turns.require(id)
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

  /** The container after what is under way for it; marked as stopped by somebody if so. */
  async #mark(
    id: string,
    manual: boolean,
    because: StopRequest['because'] = {},
  ): Promise<Container> {
    const { turns } = this.#options
    return await turns.alone(id, async (container) => {
      const isMarked = !manual || container.state.stopped === true
      if (isMarked && Object.keys(because).length === 0) return container
      return await turns.saveState(container, { ...(manual ? { stopped: true } : {}), ...because })
    })
  }
}

/** Docker's events name signals by number. */
function signalNumberText(signal: string): string {
  return String(signalNumber(signal) ?? signal)
}
