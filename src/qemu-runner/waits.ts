/**
 * The promises of those who wait for something of a machine: each ends by what it waits for, by its
 * own time limit, or, all of them at once, by a failure that makes waiting pointless.
 */
export class Waits {
  readonly #rejections = new Set<(error: Error) => void>()
  #failure: Error | undefined

  /** Rejects all waits, those to come too, with the first failure given. */
  fail(error: Error): void {
    this.#failure ??= error
    for (const reject of [...this.#rejections]) reject(this.#failure)
  }

  /** The failure, once there is one. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** Waits until what `subscribe` gives arrives; `subscribe` returns how to stop listening. */
  async until<T>(
    subscribe: (arrive: (value: T) => void, reject: (error: Error) => void) => () => void,
    timeoutMs: number,
    timeoutError: () => Error,
  ): Promise<T> {
    if (this.#failure) throw this.#failure
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#rejections.add(reject)
    const timer = setTimeout(() => reject(timeoutError()), timeoutMs)
    const unsubscribe = subscribe(resolve, reject)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      unsubscribe()
      this.#rejections.delete(reject)
    }
  }
}
