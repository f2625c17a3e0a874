import type { LogEntry } from './entry.ts'
import type { Place } from './positions.ts'

/** Lines of one source, read at once, and the place after them. */
export type Piece = { readonly entries: readonly LogEntry[]; readonly place: Place }

/** Lines that are sent at once, and how far they bring the target. */
export type Batch = { readonly entries: readonly LogEntry[]; readonly places: readonly Place[] }

export const maximumBatchLines = 1000
const maximumBatchBytes = 1024 * 1024
/** What is read ahead of the target; those who read wait, and nobody who writes. */
const maximumWaitingLines = 4 * maximumBatchLines
/** Few lines wait so long for more. */
const lingerMs = 200

/** What was read and is not sent yet, bounded: `add` waits for room. */
export class Batches {
  #pieces: Piece[] = []
  #lines = 0
  #wake: (() => void) | undefined
  readonly #waiting = new Set<() => void>()

  /** Resolves when there is room again, or when nobody sends any more. */
  async add(piece: Piece, signal: AbortSignal): Promise<void> {
    this.#pieces.push(piece)
    this.#lines += piece.entries.length
    this.#wake?.()
    while (this.#lines > maximumWaitingLines && !signal.aborted)
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener('abort', wake)
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake)
      })
  }

  /** What is to be sent next; an empty batch when nothing came for `idleMs`, or when the signal aborts. */
  async next(idleMs: number, signal: AbortSignal): Promise<Batch> {
    if (this.#pieces.length === 0) await this.#pause(idleMs, signal, true)
    if (this.#lines > 0 && this.#lines < maximumBatchLines) await this.#pause(lingerMs, signal)
    return this.#take()
  }

  #take(): Batch {
    const entries: LogEntry[] = []
    const places: Place[] = []
    let sizeBytes = 0
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      const bytes = piece.entries.reduce((sum, { text }) => sum + text.length, 0)
      const isFull =
        entries.length + piece.entries.length > maximumBatchLines ||
        sizeBytes + bytes > maximumBatchBytes
      if (entries.length > 0 && isFull) break
      this.#pieces.shift()
      entries.push(...piece.entries)
      places.push(piece.place)
      sizeBytes += bytes
    }
    this.#lines -= entries.length
    if (this.#lines <= maximumWaitingLines) for (const wake of [...this.#waiting]) wake()
    return { entries, places }
  }

  async #pause(mostMs: number, signal: AbortSignal, untilChange = false): Promise<void> {
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(end, mostMs)
      signal.addEventListener('abort', end, { once: true })
      this.#wake = untilChange
        ? end
        : () => {
            if (this.#lines >= maximumBatchLines) end()
          }
    })
  }
}
