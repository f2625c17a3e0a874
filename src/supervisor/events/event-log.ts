import type { EngineEvent } from './event.ts'

/** As many as Docker remembers. */
const remembered = 256

export type NewEvent = Omit<EngineEvent, 'timeNs'>

/** What happened last, and whoever wants to know what happens next. */
export class EventLog {
  readonly #past: EngineEvent[] = []
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  #lastNs = 0n

  publish(event: NewEvent): void {
    const stamped = { ...event, timeNs: this.#now() }
    this.#past.push(stamped)
    if (this.#past.length > remembered) this.#past.shift()
    for (const listener of this.#listeners) listener(stamped)
  }

  get past(): readonly EngineEvent[] {
    return this.#past
  }

  /** Calls `listener` for what happens from now on, until the signal aborts. */
  listen(listener: (event: EngineEvent) => void, signal: AbortSignal): void {
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true })
  }

  /** No two events have the same time, so that `since` can tell them apart. */
  #now(): bigint {
    const now = BigInt(Date.now()) * 1_000_000n
    this.#lastNs = now > this.#lastNs ? now : this.#lastNs + 1n
    return this.#lastNs
  }
}
