/** Lets a limited number of tasks run at a time; the others wait in order. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /**
   * Runs `task` when a slot is free; it may leave the slot to the next before its end.
   *
   * @throws the signal's reason when aborted while it waits
   */
  async run<Result>(
    task: (leave: () => void) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    await this.#enter(signal)
    let isIn = true
    const leave = () => {
      if (isIn) this.#leave()
      isIn = false
    }
    try {
      return await task(leave)
    } finally {
      leave()
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal?.reason)
      }
      const enter = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.push(enter)
    })
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
