/** A request failed on its way; a later one may succeed. */
export class NetworkFailure extends Error {
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    reason: string,
    { cause, retryAfterMs }: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(reason, cause === undefined ? undefined : { cause })
    this.retryAfterMs = retryAfterMs
  }
}

/** Something is not to be had without network, which there is none yet. */
export class NetworkNeededError extends Error {
  constructor(source: string) {
    super(`${source} needs the network`)
  }
}

/** The text of an error without stack; Node leaves some messages empty and has a code only. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map(reasonOf).join('; ')
  if (error.message !== '') return error.message
  return 'code' in error ? String(error.code) : error.name
}
