import { createHash } from 'node:crypto'
import type { Service, ServiceHealth } from './service.ts'

/** What a backend has of one service; its health is unknown until we have said it. */
export type Registered = {
  /** See the function of this name. */
  readonly fingerprint: string
  readonly health?: ServiceHealth
}

export type Step =
  | { readonly kind: 'deregister'; readonly id: string }
  | { readonly kind: 'register'; readonly service: Service }
  | { readonly kind: 'report'; readonly service: Service }

/**
 * What brings a backend from what it has of this host to what it should have: what is gone first, since its
 * name may be taken by what comes.
 */
export function steps(
  registered: ReadonlyMap<string, Registered>,
  wanted: readonly Service[],
): readonly Step[] {
  const ids = new Set(wanted.map(({ id }) => id))
  const gone = [...registered.keys()].filter((id) => !ids.has(id))
  const changes = wanted.flatMap((service): Step[] => {
    const known = registered.get(service.id)
    if (known?.fingerprint !== fingerprint(service)) return [{ kind: 'register', service }]
    return known.health === service.health ? [] : [{ kind: 'report', service }]
  })
  return [...gone.map((id) => ({ kind: 'deregister', id }) as const), ...changes]
}

/** Tells a service from a changed one; its health is no part of it. */
export function fingerprint({
  name,
  address,
  port,
  protocol,
  tags,
  attributes,
  check,
}: Service): string {
  const text = JSON.stringify([
    name,
    address,
    port,
    protocol,
    tags,
    Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    check,
  ])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
