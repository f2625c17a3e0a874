/** How a container ended, for those who wait for it. */
export type WaitResult = { readonly exitCode: number; readonly error: string }

export type WaitCondition = 'not-running' | 'next-exit' | 'removed'

type Waiter = {
  readonly condition: WaitCondition
  readonly resolve: (result: WaitResult) => void
}

/** Those who wait for the end of a container; nothing of it outlives the supervisor. */
export class Waiters {
  readonly #waiters = new Map<string, Set<Waiter>>()

  /** Resolves when it happens the next time; never when the signal aborts before. */
  next(id: string, condition: WaitCondition, signal: AbortSignal): Promise<WaitResult> {
    return new Promise((resolve) => {
      const waiter = { condition, resolve }
      const waiters = this.#waiters.get(id) ?? new Set()
      this.#waiters.set(id, waiters.add(waiter))
      signal.addEventListener('abort', () => this.#forget(id, waiter), { once: true })
    })
  }

  /** A run has ended; `stays` when its restart policy does not start it again. */
  ended(id: string, result: WaitResult, stays: boolean): void {
    this.#tell(id, result, stays ? ['next-exit', 'not-running'] : ['next-exit'])
  }

  removed(id: string, result: WaitResult): void {
    this.#tell(id, result, ['next-exit', 'not-running', 'removed'])
  }

  #tell(id: string, result: WaitResult, conditions: readonly WaitCondition[]): void {
    for (const waiter of [...(this.#waiters.get(id) ?? [])]) {
      if (!conditions.includes(waiter.condition)) continue
      this.#forget(id, waiter)
      waiter.resolve(result)
    }
  }

  #forget(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#waiters.delete(id)
  }
}
