type Task<Event, Result> = {
  readonly result: Promise<Result>
  readonly controller: AbortController
  readonly listeners: Set<(event: Event) => void>
  waiting: number
}

/**
 * Tasks that several callers may want at once: the first starts it, the others join. It is aborted
 * when all who wait for it have lost interest, not before.
 */
export class JoinedTasks<Event, Result> {
  readonly #tasks = new Map<string, Task<Event, Result>>()

  /**
   * @param start runs at most once per key at a time
   * @throws what the task throws, or the reason of this caller's signal; the last caller's rejection
   * comes when the task has cleaned up
   */
  async join(
    key: string,
    start: (signal: AbortSignal, emit: (event: Event) => void) => Promise<Result>,
    { signal, listener }: { signal: AbortSignal; listener: (event: Event) => void },
  ): Promise<Result> {
    signal.throwIfAborted()
    const task = this.#tasks.get(key) ?? this.#start(key, start)
    task.waiting += 1
    task.listeners.add(listener)
    const leaving = new AbortController()
    try {
      return await Promise.race([task.result, this.#leave(key, task, signal, leaving.signal)])
    } finally {
      leaving.abort()
      task.waiting -= 1
      task.listeners.delete(listener)
    }
  }

  #start(
    key: string,
    start: (signal: AbortSignal, emit: (event: Event) => void) => Promise<Result>,
  ): Task<Event, Result> {
    const controller = new AbortController()
    const listeners = new Set<(event: Event) => void>()
    const emit = (event: Event) => {
      for (const listener of listeners) listener(event)
    }
    const result = start(controller.signal, emit).finally(() => {
      if (this.#tasks.get(key) === task) this.#tasks.delete(key)
    })
    const task: Task<Event, Result> = { result, controller, listeners, waiting: 0 }
    this.#tasks.set(key, task)
    return task
  }

  /** Rejects when the caller's signal is aborted; never settles otherwise. */
  #leave(
    key: string,
    task: Task<Event, Result>,
    signal: AbortSignal,
    done: AbortSignal,
  ): Promise<never> {
    return new Promise((_, reject) => {
      const leave = () => {
        if (task.waiting > 1) {
          reject(signal.reason)
          return
        }
        // A later caller starts afresh instead of joining what is being torn down.
        if (this.#tasks.get(key) === task) this.#tasks.delete(key)
        task.controller.abort(signal.reason)
        const end = () => reject(signal.reason)
        task.result.then(end, end)
      }
      signal.addEventListener('abort', leave, { once: true, signal: done })
    })
  }
}
