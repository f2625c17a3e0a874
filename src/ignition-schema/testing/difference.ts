/** One thing that only one of both implementations says of a config. */
export type Statement = {
  readonly by: 'us' | 'reference'
  readonly severity: string
  /** Our code, or the reference's message. */
  readonly kind: string
  /** Indices are `#`: `$.storage.files.#.path`. */
  readonly path: string
}

export type Difference = {
  readonly reason: string
  readonly by: Statement['by']
  readonly severity: 'error' | 'warning'
  readonly kind: RegExp
  readonly path: RegExp
}

/** Reasons that several rows have. */
export const reads = {
  duplicate: 'A duplicate is reported at the field that is there twice, not at its item.',
  missing: 'A missing key is reported at its object; the reference reports the empty value of it.',
  kept: 'Go reads null as empty, or a missing item as one without fields.',
  scheme:
    'One problem for a source that has no known scheme; the reference has it at the item too.',
  range: 'Numbers beyond 2^53 are not exact in JavaScript.',
  unread: 'What could not be read is not judged together with other fields.',
  newer: 'A rule of a later release than the one in Debian.',
  refused: 'We warn of what a host would refuse or ignore.',
}

/** A row of the table. */
export function difference(
  reason: string,
  by: Difference['by'],
  severity: Difference['severity'],
  kind: RegExp,
  path: RegExp,
): Difference {
  return { reason, by, severity, kind, path }
}
