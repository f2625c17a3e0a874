import { setMaxListeners } from 'node:events'

/** Signals for what lasts as long as a run of a container: output that is followed, input that is sent. */
export class Runs {
  readonly #ended = new Map<string, AbortController>()
  readonly #started = new Map<string, Set<() => void>>()

  /** Aborts when the present run, or the next one if there is none, has ended or could not begin. */
  ended(id: string): AbortSignal {
    return this.#controller(id).signal
  }

  /** Calls `action` once, when the next run has begun. */
  onStart(id: string, action: () => void, signal: AbortSignal): void {
    const actions = this.#started.get(id) ?? new Set()
    this.#started.set(id, actions.add(action))
    signal.addEventListener('abort', () => actions.delete(action), { once: true })
  }

  /** The container's monitor is there, and its process about to begin. */
  begin(id: string): void {
    const actions = this.#started.get(id) ?? new Set()
    this.#started.delete(id)
    for (const action of actions) action()
  }

  end(id: string): void {
    this.#ended.get(id)?.abort()
    this.#ended.delete(id)
    this.#started.delete(id)
  }

  #controller(id: string): AbortController {
    const known = this.#ended.get(id)
    if (known !== undefined) return known
    const controller = new AbortController()
    // Any number of clients may follow a container.
    setMaxListeners(0, controller.signal)
    this.#ended.set(id, controller)
    return controller
  }
}
