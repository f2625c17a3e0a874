import type { LogEntry } from './entry.ts'

/** What became of a batch that was sent. */
export type Delivery = {
  /** Lines that the other side will never take. */
  readonly refused: number
  /** Why, if any are. */
  readonly reason?: string
}

/** Where lines go. */
export type Target = {
  /**
   * Sends a batch, and resolves when the other side has it, or has said that it will never take it. Throws
   * when it did not work and may work later. Batches are sent one after another.
   */
  send(entries: readonly LogEntry[], signal: AbortSignal): Promise<Delivery>
  /**
   * How many of the last batches may still turn out to be lost, since nobody says that they arrived. The target itself sends
   * them again with the next batch, which may be an empty one.
   */
  readonly unsettled: number
  /** Ends connections; what could be settled by then is. */
  close(): Promise<void>
}

/** An answer that asks to come again later. */
export class LaterError extends Error {
  readonly retryAfterMs: number | undefined

  constructor(message: string, retryAfterMs: number | undefined) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}
