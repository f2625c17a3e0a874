/** What is measured, as plain data: one row is one quantity, with the samples of both sides. */

export const topics = [
  'build',
  'sizes',
  'boot',
  'provisioning',
  'memory',
  'updates',
  'engine',
] as const

export type Topic = (typeof topics)[number]

/** `latency`: milliseconds that are shown as such, not as seconds. `percent`: of one processor. */
export type Unit = 'ms' | 'latency' | 'bytes' | 'percent'

export type Side = 'ours' | 'peer'

export type Row = {
  readonly topic: Topic
  readonly title: string
  readonly unit: Unit
  /** Samples in the order of measuring; empty where a side has no such thing. */
  readonly ours: readonly number[]
  readonly peer: readonly number[]
  /** Of a second peer, where there is one. */
  readonly third?: readonly number[]
  readonly aim?: Aim
  /** Why there is no figure. */
  readonly missing?: string
}

/** What our median shall not exceed: a share of the peer's, or a limit in the row's unit. */
export type Aim = { readonly share: number } | { readonly limit: number }

export type Verdict = {
  readonly row: Row
  readonly aim: Aim
  /** What is held against the aim: our share of the peer's median, or our median. */
  readonly actual: number
  readonly isReached: boolean
}

/** The middle of the samples; the mean of both middle ones where their number is even. */
export function median(samples: readonly number[]): number | undefined {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

/** Our median as a share of the peer's, where both sides were measured. */
export function ratio({ ours, peer }: Pick<Row, Side>): number | undefined {
  const [our, their] = [median(ours), median(peer)]
  return our === undefined || their === undefined || their === 0 ? undefined : our / their
}

/** Which of the rows with an aim reach it; a row that lacks the figures for it has no verdict. */
export function verdicts(rows: readonly Row[]): Verdict[] {
  return rows.flatMap((each) => {
    const { aim } = each
    if (aim === undefined) return []
    const [actual, most] =
      'share' in aim ? [ratio(each), aim.share] : [median(each.ours), aim.limit]
    return actual === undefined ? [] : [{ row: each, aim, actual, isReached: actual <= most }]
  })
}

/** A row without a figure, and why. */
export function missingRow(topic: Topic, title: string, missing: string): Row {
  return { topic, title, unit: 'bytes', ours: [], peer: [], missing }
}

/** One row from samples that were taken in turns. */
export function row(
  topic: Topic,
  title: string,
  unit: Unit,
  samples: { readonly ours?: readonly number[]; readonly peer?: readonly number[] },
  aim?: Aim,
): Row {
  const { ours = [], peer = [] } = samples
  return { topic, title, unit, ours, peer, ...(aim !== undefined && { aim }) }
}
