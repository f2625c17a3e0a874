/** Who may reboot: a counting semaphore for each group of hosts, whose locks belong to the IDs of their holders. */
export type Locks = { readonly [group: string]: readonly Holder[] }

export type Holder = {
  readonly id: string
  /** ISO 8601, UTC. */
  readonly since: string
}

/** The slots of each group: how many of its hosts may reboot at a time. */
export type Slots = ReadonlyMap<string, number>

export type Verdict =
  | { readonly kind: 'granted'; readonly locks: Locks }
  | { readonly kind: 'unknown-group' }
  | { readonly kind: 'full'; readonly slots: number }

/** Locks a slot of `group` for `id`. Granted as well, and nothing changes, when `id` holds one already. */
export function lock(
  locks: Locks,
  slots: Slots,
  { group, id }: { readonly group: string; readonly id: string },
  now: string,
): Verdict {
  const limit = slots.get(group)
  if (limit === undefined) return { kind: 'unknown-group' }
  const holders = holdersOf(locks, group)
  if (holders.some((holder) => holder.id === id)) return { kind: 'granted', locks }
  if (holders.length >= limit) return { kind: 'full', slots: limit }
  return { kind: 'granted', locks: { ...locks, [group]: [...holders, { id, since: now }] } }
}

/**
 * Gives back what `id` holds in `group`. Granted as well, and nothing changes, when that is nothing. A group
 * that has no slots any more can still be left.
 */
export function unlock(
  locks: Locks,
  slots: Slots,
  { group, id }: { readonly group: string; readonly id: string },
): Verdict {
  const holders = holdersOf(locks, group)
  if (!slots.has(group) && holders.length === 0) return { kind: 'unknown-group' }
  if (!holders.some((holder) => holder.id === id)) return { kind: 'granted', locks }
  const { [group]: _, ...others } = locks
  const left = holders.filter((holder) => holder.id !== id)
  return { kind: 'granted', locks: left.length === 0 ? others : { ...others, [group]: left } }
}

export function holdersOf(locks: Locks, group: string): readonly Holder[] {
  return Object.hasOwn(locks, group) ? (locks[group] ?? []) : []
}
