import { describeError, type Log } from '../../journal/log.ts'
import { restartInMs } from '../containers/restart.ts'
import type { Step } from '../plan/steps.ts'
import type { Executor } from './executor.ts'
import type { DeclaredFiles } from './files.ts'
import { type DeclaredContainer, keyOf } from './service-key.ts'
import type { DeclaredServices } from './services.ts'

const firstRetryMs = 250
const longestRetryMs = 60_000

/** After these, those that depend on a service may have something to do. */
const seenByDependants: readonly Step['kind'][] = ['startContainer', 'takeName', 'refuseSuccessor']

/** What keeps a service from being as declared. */
export type ServiceFailure = {
  readonly project: string
  readonly service: string
  readonly step: Step['kind']
  readonly error: unknown
  readonly count: number
  readonly retryAt: Date
}

export type ServiceWorkersOptions = {
  readonly files: DeclaredFiles
  readonly services: DeclaredServices
  readonly executor: Executor
  readonly log: Log
  /** Called when nothing is left of a service that no file declares any more. */
  readonly onForgotten: () => void
}

/**
 * Bring the services of the host to what the files declare, each by a worker of its own: a slow pull or
 * a crash loop holds up no other.
 */
export class ServiceWorkers {
  readonly #options: ServiceWorkersOptions
  readonly #closing = new AbortController()
  readonly #workers = new Map<string, Worker>()
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(options: ServiceWorkersOptions) {
    this.#options = options
  }

  get failures(): readonly ServiceFailure[] {
    return [...this.#workers.values()].flatMap(({ failure }) => failure ?? [])
  }

  /** Looks at all services, as after a change of the files. */
  pokeChanged(): void {
    const { services } = this.#options
    for (const key of services.keys) {
      const wanted = services.desired(key)?.configHash
      const worker = this.#worker(key)
      // A changed declaration is a new chance; an unchanged one keeps its back-off.
      if (worker.failure !== undefined && worker.wanted === wanted) continue
      worker.wanted = wanted
      this.poke(key)
    }
  }

  /** Has a service's worker look at it, now or after what it is doing. */
  poke(key: string): void {
    const { files, services, onForgotten } = this.#options
    if (this.#closing.signal.aborted || !files.wereRead) return
    const worker = this.#worker(key)
    worker.again = true
    if (worker.busy) return
    worker.busy = true
    worker.done = this.#work(key, worker).finally(() => {
      worker.busy = false
      for (const resolve of worker.waiting.splice(0)) resolve()
      if (worker.again) this.poke(key)
      else if (services.isForgotten(key)) {
        this.#workers.delete(key)
        onForgotten()
      }
    })
  }

  /** Forgets what failed, so that it is tried again at once; resolves when nothing is left to do now. */
  async tryAll(): Promise<void> {
    const { services, executor } = this.#options
    await Promise.all(
      services.keys.map(async (key) => {
        for (const { id } of services.containersOf(key)) await executor.forgive(id)
        const worker = this.#worker(key)
        worker.failure = undefined
        this.poke(key)
        await this.#settled(key, worker)
      }),
    )
  }

  /** Has those looked at that wait for a service. */
  pokeDependants(key: string): void {
    for (const other of this.#options.services.dependants(key)) this.poke(other)
  }

  /** Has a container that has ended looked at when its restart is due. */
  scheduleRestart(container: DeclaredContainer): void {
    const delayMs = restartInMs(container)
    if (delayMs !== undefined)
      this.#after(delayMs + 1, () => this.poke(keyOf(container.origin.service)))
  }

  /** Begins nothing any more; the step under way is finished. */
  close(): void {
    this.#closing.abort()
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { waiting } of this.#workers.values())
      for (const resolve of waiting.splice(0)) resolve()
  }

  /** Resolves when the present step of a service, or of all, is done. */
  async idle(key?: string): Promise<void> {
    const workers = key === undefined ? [...this.#workers.values()] : [this.#workers.get(key)]
    await Promise.all(workers.map((worker) => worker?.done))
  }

  /** Resolves when a service is as declared, has failed, or waits for another. */
  async #settled(key: string, worker: Worker): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await worker.done
      if (worker.failure !== undefined) return
      if (!worker.busy && (await this.#options.services.steps(key)).length === 0) return
      // A container is on trial: its health or a timer has the worker look again.
      if (!worker.busy) await new Promise<void>((resolve) => worker.waiting.push(resolve))
    }
  }

  async #work(key: string, worker: Worker): Promise<void> {
    while (worker.again && !this.#closing.signal.aborted) {
      worker.again = false
      let step: Step | undefined
      try {
        step = (await this.#options.services.steps(key))[0]
        if (step === undefined) continue
        if (step.kind === 'awaitContainer') {
          if (step.forMs !== undefined) this.#after(step.forMs + 1, () => this.poke(key))
          continue
        }
        await this.#options.executor.execute(step)
        worker.failure = undefined
        worker.again = true
        if (seenByDependants.includes(step.kind)) this.pokeDependants(key)
      } catch (error) {
        if (this.#closing.signal.aborted) return
        this.#fail(key, worker, step, error)
        return
      }
    }
  }

  #fail(key: string, worker: Worker, step: Step | undefined, error: unknown): void {
    const count = (worker.failure?.count ?? 0) + 1
    const delayMs = Math.min(firstRetryMs * 2 ** Math.min(count - 1, 10), longestRetryMs)
    const [project = '', ...service] = key.split('/')
    worker.failure = {
      project,
      service: service.join('/'),
      step: step?.kind ?? 'startContainer',
      error,
      count,
      retryAt: new Date(Date.now() + delayMs),
    }
    this.#options.log.error(
      `${key}: ${step?.kind ?? 'observe'} failed, next try in ${delayMs / 1000} s: ${describeError(error)}`,
    )
    this.#after(delayMs, () => this.poke(key))
  }

  #worker(key: string): Worker {
    const worker = this.#workers.get(key) ?? newWorker()
    this.#workers.set(key, worker)
    return worker
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, delayMs)
    this.#timers.add(timer)
  }
}

type Worker = {
  busy: boolean
  again: boolean
  done: Promise<void>
  /** The hash that it last worked towards. */
  wanted: string | undefined
  failure: ServiceFailure | undefined
  /** Who is told when it has done something. */
  readonly waiting: (() => void)[]
}

function newWorker(): Worker {
  return {
    busy: false,
    again: false,
    done: Promise.resolve(),
    wanted: undefined,
    failure: undefined,
    waiting: [],
  }
}
