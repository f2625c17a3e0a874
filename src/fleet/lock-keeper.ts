import { saveLocks } from './lock-state.ts'
import type { Locks, Slots, Verdict } from './locks.ts'

export type LockKeeperOptions = {
  readonly slots: Slots
  readonly stateFile: string
  readonly log: (line: string) => void
}

/** Holds the locks and makes one change at a time. */
export class LockKeeper {
  #locks: Locks
  #last: Promise<unknown> = Promise.resolve()
  readonly #options: LockKeeperOptions

  constructor(locks: Locks, options: LockKeeperOptions) {
    this.#locks = locks
    this.#options = options
  }

  log(line: string): void {
    this.#options.log(line)
  }

  /** Decides and, if the locks change, saves before it tells. Throws what the disk throws; nothing changed then. */
  async change(decide: (locks: Locks, slots: Slots) => Verdict): Promise<Verdict> {
    const turn = this.#last.then(async () => {
      const verdict = decide(this.#locks, this.#options.slots)
      if (verdict.kind !== 'granted' || verdict.locks === this.#locks) return verdict
      await saveLocks(verdict.locks, this.#options.stateFile)
      this.#locks = verdict.locks
      return verdict
    })
    // The next one's turn comes after this one failed, too; this one's caller hears of it.
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    )
    return await turn
  }
}
