/** Bytes that must be equal for a place of the seed to be found. */
const WINDOW_BYTES = 16
/** Places of the seed that are kept for windows with the same hash. */
const SLOTS = 4

export type Match = { readonly seedOffset: number; readonly length: number }

/** Finds where bytes of a target are in a seed. Takes some memory: 16 bytes for each 4 bytes of the seed. */
export class Matcher {
  readonly #seed: Buffer
  readonly #bits: number
  readonly #places: Int32Array
  readonly #filled: Uint8Array

  constructor(seed: Buffer) {
    this.#seed = seed
    this.#bits = Math.min(24, Math.max(8, Math.ceil(Math.log2(seed.length / SLOTS + 1)) + 1))
    this.#places = new Int32Array(SLOTS << this.#bits)
    this.#filled = new Uint8Array(1 << this.#bits)
    for (let at = 0; at + WINDOW_BYTES <= seed.length; at += 1) this.#add(at)
  }

  /** The longest match of `target` from `at` on among the places that are known; undefined if there is none. */
  longest(target: Buffer, at: number): Match | undefined {
    if (at + WINDOW_BYTES > target.length) return undefined
    const bucket = this.#bucketOf(target, at)
    const count = Math.min(SLOTS, this.#filled[bucket] ?? 0)
    let best: Match | undefined
    for (let slot = 0; slot < count; slot += 1) {
      const seedOffset = this.#places[bucket * SLOTS + slot] ?? 0
      const length = matchLength(this.#seed, seedOffset, target, at)
      if (length >= WINDOW_BYTES && length > (best?.length ?? 0)) best = { seedOffset, length }
    }
    return best
  }

  #add(at: number): void {
    const seed = this.#seed
    // Runs of one byte are everywhere; their places say nothing, and would push out others.
    if (seed[at] === seed[at + 1] && seed[at] === seed[at + 7] && seed[at] === seed[at + 15]) return
    const bucket = this.#bucketOf(seed, at)
    const filled = this.#filled[bucket] ?? 0
    this.#places[bucket * SLOTS + (filled % SLOTS)] = at
    this.#filled[bucket] = filled + 1 < 2 * SLOTS ? filled + 1 : SLOTS
  }

  #bucketOf(bytes: Buffer, at: number): number {
    let hash = 0
    for (let index = at; index < at + WINDOW_BYTES; index += 4)
      hash =
        Math.imul(
          hash ^
            ((bytes[index] ?? 0) |
              ((bytes[index + 1] ?? 0) << 8) |
              ((bytes[index + 2] ?? 0) << 16) |
              ((bytes[index + 3] ?? 0) << 24)),
          0x9e3779b1,
        ) ^
        (hash >>> 15)
    return (hash ^ (hash >>> 13)) >>> (32 - this.#bits)
  }
}

const STRIDE = 1 << 14

/** How many bytes are equal from these two places on. */
export function matchLength(a: Buffer, aStart: number, b: Buffer, bStart: number): number {
  const limit = Math.min(a.length - aStart, b.length - bStart)
  let length = 0
  const short = Math.min(64, limit)
  while (length < short && a[aStart + length] === b[bStart + length]) length += 1
  if (length < short) return length
  while (
    length + STRIDE <= limit &&
    a.compare(
      b,
      bStart + length,
      bStart + length + STRIDE,
      aStart + length,
      aStart + length + STRIDE,
    ) === 0
  )
    length += STRIDE
  while (length < limit && a[aStart + length] === b[bStart + length]) length += 1
  return length
}
