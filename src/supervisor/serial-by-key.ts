import { Serial } from './serial.ts'

/** Runs what concerns the same thing one after the other, and different things at once. */
export class SerialByKey {
  readonly #serials = new Map<string, { serial: Serial; users: number }>()

  /** Resolves when what has been asked for by now is done. */
  async idle(): Promise<void> {
    await Promise.all([...this.#serials.values()].map(({ serial }) => serial.run(async () => {})))
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#serials.get(key) ?? { serial: new Serial(), users: 0 }
    this.#serials.set(key, entry)
    entry.users += 1
    try {
      return await entry.serial.run(work)
    } finally {
      entry.users -= 1
      if (entry.users === 0) this.#serials.delete(key)
    }
  }
}
