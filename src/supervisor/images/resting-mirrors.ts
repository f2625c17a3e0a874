/** How long a mirror is left alone that could not be reached. */
const restMs = 60_000

/**
 * Mirrors that could not be reached a moment ago. A mirror that is gone costs its time-outs once then, and not
 * each of many pulls in a row.
 */
export class RestingMirrors {
  readonly #untilMs = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  rest(mirror: string): void {
    this.#untilMs.set(mirror, this.#now() + restMs)
  }

  has(mirror: string): boolean {
    return (this.#untilMs.get(mirror) ?? 0) > this.#now()
  }
}
