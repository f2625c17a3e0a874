import { randomBytes } from 'node:crypto'
import { describeError, type Log } from '../../journal/log.ts'
import type { Container } from '../containers/container.ts'
import type { Lifecycle } from '../containers/lifecycle.ts'
import type { Directories } from '../directories.ts'
import { runCaptured } from '../exec/capture.ts'
import type { Runtime } from '../runtime/runtime.ts'
import {
  afterProbe,
  type Health,
  type HealthPlan,
  healthPlan,
  type Probe,
  unknownHealth,
  untilNextProbeMs,
} from './health.ts'

export type HealthMonitorOptions = {
  readonly lifecycle: Lifecycle
  readonly runtime: Runtime
  readonly directories: Directories
  readonly log: Log
  /** The container as it is now. */
  readonly get: (id: string) => Container | undefined
  /** A container has become healthy, or has stopped being so. */
  readonly onChanged: (container: Container) => void
}

/** Checks running containers that say how, and remembers how they are. */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions
  readonly #healths = new Map<string, Health>()
  readonly #closing = new AbortController()

  constructor(options: HealthMonitorOptions) {
    this.#options = options
  }

  /** How a container is, as far as it is checked. */
  of(id: string): Health | undefined {
    return this.#healths.get(id)
  }

  /** Begins with a container that runs; ends with its run. */
  begin(container: Container): void {
    const { id, state } = container
    const plan = healthPlan(container)
    if (plan === undefined) {
      this.#healths.delete(id)
      return
    }
    this.#healths.set(id, { ...unknownHealth, status: state.health ?? 'starting' })
    const ended = this.#options.lifecycle.runs.ended(id)
    ended.addEventListener('abort', () => this.#afterEnd(id), { once: true })
    this.#later(id, plan, AbortSignal.any([ended, this.#closing.signal]))
  }

  close(): void {
    this.#closing.abort()
  }

  #later(id: string, plan: HealthPlan, over: AbortSignal): void {
    const health = this.#healths.get(id)
    const container = this.#options.get(id)
    if (health === undefined || container === undefined || over.aborted) return
    const sinceStartMs = Date.now() - Date.parse(container.state.startedAt ?? '')
    const timer = setTimeout(
      () => {
        over.removeEventListener('abort', stop)
        void this.#check(id, plan, over).then(() => this.#later(id, plan, over))
      },
      untilNextProbeMs(health, plan, sinceStartMs),
    )
    const stop = () => clearTimeout(timer)
    over.addEventListener('abort', stop, { once: true })
  }

  async #check(id: string, plan: HealthPlan, over: AbortSignal): Promise<void> {
    const container = this.#options.get(id)
    if (container === undefined || container.state.paused === true) return
    const probe = await this.#probe(container, plan, over)
    const before = this.#healths.get(id)
    if (before === undefined || over.aborted) return
    const startedAt = new Date(container.state.startedAt ?? 0)
    const health = afterProbe(before, probe, plan, startedAt)
    this.#healths.set(id, health)
    if (health.status === before.status) return
    const { lifecycle, log, onChanged } = this.#options
    log.info(`container ${container.name} is ${health.status}`)
    await lifecycle.saveHealth(id, health.status)
    lifecycle.publish(container, `health_status: ${health.status}`)
    onChanged(container)
  }

  async #probe(container: Container, plan: HealthPlan, over: AbortSignal): Promise<Probe> {
    const { runtime, directories } = this.#options
    const startedAt = new Date()
    try {
      const { exitCode, output } = await runCaptured(
        {
          container,
          session: {
            id: randomBytes(32).toString('hex'),
            containerId: container.id,
            config: {
              command: plan.command,
              terminal: false,
              stdin: false,
              stdout: true,
              stderr: true,
              environment: [],
              privileged: false,
            },
            state: 'running',
            pid: 0,
            exitCode: undefined,
          },
          runtime,
          directories,
        },
        plan.timeoutMs,
        over,
      )
      return { startedAt, endedAt: new Date(), exitCode, output }
    } catch (error) {
      return { startedAt, endedAt: new Date(), exitCode: -1, output: describeError(error) }
    }
  }

  /** As in Docker, what does not run is not well. */
  #afterEnd(id: string): void {
    const health = this.#healths.get(id)
    if (this.#options.get(id) === undefined) this.#healths.delete(id)
    else if (health !== undefined) this.#healths.set(id, { ...health, status: 'unhealthy' })
  }
}
