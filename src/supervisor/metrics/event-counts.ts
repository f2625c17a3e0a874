import type { EventLog } from '../events/event-log.ts'

/** How often each thing has happened since the supervisor was started. */
export class EventCounts {
  readonly #counts = new Map<string, { type: string; action: string; count: number }>()

  constructor(events: EventLog, signal: AbortSignal) {
    events.listen(({ type, action }) => {
      // The command of an exec, or the new health, stands behind a colon.
      const [what = action] = action.split(':', 1)
      const key = `${type} ${what}`
      const entry = this.#counts.get(key) ?? { type, action: what, count: 0 }
      entry.count += 1
      this.#counts.set(key, entry)
    }, signal)
  }

  get all(): ReadonlyMap<string, { type: string; action: string; count: number }> {
    return this.#counts
  }
}
