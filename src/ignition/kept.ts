/** What a config can ask for that may be there already; partitions as `partitionName` calls them. */
export const keptKinds = [
  ...(['partitions', 'arrays', 'volumes', 'filesystems'] as const),
  ...(['groups', 'users', 'directories', 'files', 'links'] as const),
] as const
export type KeptKind = (typeof keptKinds)[number]

/** What was left as it was, and why: for the report. */
export type Kept = {
  add(kind: KeptKind, name: string, reason: string): void
  reasonFor(kind: KeptKind, name: string): string | undefined
}

/** How partitions of a config are called: by their number, or by their label where the number is left open. */
export function partitionName(
  device: string,
  { number, label = '' }: { readonly number?: number; readonly label?: string },
): string {
  return `${device} ${number || JSON.stringify(label)}`
}

/** For one run of the program. */
export class KeptHere implements Kept {
  readonly #reasons = new Map<string, string>()

  add(kind: KeptKind, name: string, reason: string): void {
    this.#reasons.set(keyOf(kind, name), reason)
  }

  reasonFor(kind: KeptKind, name: string): string | undefined {
    return this.#reasons.get(keyOf(kind, name))
  }
}

/**
 * For all runs until the host is provisioned: stages may be programs of their own, and a run after a power loss finds
 * what the one before it made.
 */
export class KeptInJournal implements Kept {
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  add(kind: KeptKind, name: string, reason: string): void {
    if (this.reasonFor(kind, name) !== reason) this.#journal.record(keyOf(kind, name), reason)
  }

  reasonFor(kind: KeptKind, name: string): string | undefined {
    return this.#journal.get(keyOf(kind, name))
  }
}

type Journal = { get(key: string): string | undefined; record(key: string, state: string): void }

function keyOf(kind: KeptKind, name: string): string {
  return `kept ${kind} ${name}`
}
