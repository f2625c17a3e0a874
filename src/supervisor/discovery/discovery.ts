import { setTimeout as sleep } from 'node:timers/promises'
import { delayBefore, type RetryPolicy } from '../../http/retry.ts'
import { describeError, type Log } from '../../journal/log.ts'
import type { Backend } from './backend.ts'
import type { Service } from './service.ts'
import { fingerprint, type Registered, type Step, steps } from './steps.ts'

export type DiscoveryOptions = {
  readonly backend: Backend
  /** The services of this host as they are now. */
  readonly services: () => Promise<readonly Service[]>
  readonly log: Log
}

/** A backend that is away is asked for ever, ever less often. */
const patience: RetryPolicy = {
  attempts: Number.POSITIVE_INFINITY,
  firstDelayMs: 1_000,
  maximumDelayMs: 60_000,
  maximumRetryAfterMs: 60_000,
}
/** What changes at once is looked at once. */
const settleMs = 50

/**
 * Keeps a backend at what the containers of this host offer. It goes its own way: whatever the backend
 * does, no container waits for it.
 */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #closing = new AbortController()
  readonly #done: Promise<void>
  /** What the backend has; undefined when we cannot know. */
  #registered: Map<string, Registered> | undefined
  #problem: string | undefined
  #dueMs = 0
  #wake: () => void = () => {}
  #poked = true

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#done = this.#run()
  }

  /** What keeps the backend from having what it should; undefined for nothing. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Something has changed that services may depend on. */
  poke(): void {
    this.#poked = true
    this.#wake()
  }

  /** Ends the work; what is registered stays, as containers do. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake()
    await this.#done
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#turn(signal)
        if (failures > 0) this.#options.log.info(`discovery: ${this.#title} is up to date again`)
        failures = 0
        this.#problem = undefined
        await this.#pause(this.#dueMs - performance.now())
        // Those that end and begin together are one change.
        if (this.#poked) await quietly(sleep(settleMs, undefined, { signal }))
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        this.#registered = undefined
        this.#report(describeError(error))
        const delayMs = delayBefore(failures + 1, patience)
        await quietly(sleep(delayMs, undefined, { signal }))
      }
    }
  }

  get #title(): string {
    return this.#options.backend.title
  }

  #report(reason: string): void {
    if (reason !== this.#problem) this.#options.log.error(`discovery: ${this.#title}: ${reason}`)
    this.#problem = reason
  }

  /** Once around: what changed, and that we are there if it is time to say so. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { backend, services } = this.#options
    this.#poked = false
    this.#registered ??= new Map(await backend.registered(signal))
    const wanted = backend.wanted(await services())
    for (const step of steps(this.#registered, wanted)) await this.#take(step, signal)
    if (performance.now() < this.#dueMs) return
    const isKnown = await backend.keepAlive(wanted, signal)
    if (isKnown) this.#dueMs = performance.now() + backend.heartbeatMs
    else {
      this.#options.log.warning(`discovery: ${this.#title} has lost this host, and is told again`)
      this.#registered = undefined
    }
  }

  async #take(step: Step, signal: AbortSignal): Promise<void> {
    const { backend, log } = this.#options
    if (step.kind === 'deregister') {
      await backend.deregister(step.id, signal)
      this.#registered?.delete(step.id)
      log.info(`discovery: ${step.id} is gone from ${this.#title}`)
      return
    }
    const { service } = step
    if (step.kind === 'register') {
      await backend.register(service, signal)
      log.info(`discovery: ${service.id} is ${service.name} in ${this.#title}`)
    } else await backend.report(service, signal)
    const { id, health } = service
    this.#registered?.set(id, { fingerprint: fingerprint(service), health })
  }

  /** Until the time is over, or something happens. */
  async #pause(forMs: number): Promise<void> {
    if (this.#poked || this.#registered === undefined) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(forMs, 0))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#closing.signal.aborted) this.#wake()
    })
    this.#wake = () => {}
  }
}

/** Waits; also when the wait is cut short, by our own end. */
async function quietly(waiting: Promise<unknown>): Promise<void> {
  await waiting.catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
  })
}
