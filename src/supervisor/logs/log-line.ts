/** A piece of a container's output. */
export type LogLine = {
  readonly stream: 'stdout' | 'stderr'
  /** RFC 3339. */
  readonly timestamp: string
  /** With its line feed, unless the container wrote none yet. */
  readonly content: Buffer
}

export type LogQuery = {
  readonly follow: boolean
  /** How many lines of the past; undefined is all. */
  readonly tail?: number
  readonly signal: AbortSignal
}
