/** Layers that no collection may take, each with how many pulls and other works want it; by diff ID. */
export class Pins {
  readonly #wanted = new Map<string, number>()

  /** Pins layers while something is done. */
  async during<Result>(diffIds: Iterable<string>, work: () => Promise<Result>): Promise<Result> {
    const release = this.take(diffIds)
    try {
      return await work()
    } finally {
      release()
    }
  }

  /** Pins layers until what it gives is called. */
  take(diffIds: Iterable<string>): () => void {
    const taken = [...diffIds]
    for (const diffId of taken) this.#change(diffId, 1)
    return () => {
      for (const diffId of taken) this.#change(diffId, -1)
    }
  }

  has(diffId: string): boolean {
    return this.#wanted.has(diffId)
  }

  all(): Iterable<string> {
    return this.#wanted.keys()
  }

  #change(diffId: string, change: 1 | -1): void {
    const wanted = (this.#wanted.get(diffId) ?? 0) + change
    if (wanted === 0) this.#wanted.delete(diffId)
    else this.#wanted.set(diffId, wanted)
  }
}
