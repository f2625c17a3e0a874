import type { Service } from '../compose/service.ts'
import { overlap } from '../networks/host-ports.ts'

/**
 * How a container takes the place of another: `start-first` has both run for a while; `stop-first`
 * keeps the old one until the new one is well; with `remove-first` nothing can come back.
 */
export type ReplacementOrder = 'start-first' | 'stop-first' | 'remove-first'

/**
 * Both run for a while where they can: where they have no port or address of the host in common, and
 * write to nothing that the other writes to, unless the service says that it may.
 */
export function replacementOrder(before: Service, after: Service): ReplacementOrder {
  if (hasOtherNetworks(before, after)) return 'remove-first'
  if (excludeEachOther(before, after)) return 'stop-first'
  if (after.updateOrder !== undefined) return after.updateOrder
  return writesToTheSame(before, after) ? 'stop-first' : 'start-first'
}

/** A network that is declared otherwise is made anew, and not while a container is on it. */
function hasOtherNetworks(before: Service, after: Service): boolean {
  return (before.networks ?? []).some(({ name, definition }) => {
    const next = after.networks?.find((network) => network.name === name)
    return (
      definition !== undefined &&
      next?.definition !== undefined &&
      JSON.stringify(next.definition) !== JSON.stringify(definition)
    )
  })
}

function excludeEachOther(before: Service, after: Service): boolean {
  const ports = before.ports.some((one) =>
    after.ports.some((other) => one.hostPort !== 0 && overlap(one, other)),
  )
  const addresses = (before.networks ?? []).some(({ name, ipv4, ipv6, mac }) =>
    after.networks?.some(
      (other) =>
        other.name === name &&
        ((ipv4 !== undefined && ipv4 === other.ipv4) ||
          (ipv6 !== undefined && ipv6 === other.ipv6) ||
          (mac !== undefined && mac === other.mac)),
    ),
  )
  const host = [before, after].every(({ namespaces }) => namespaces?.network === 'host')
  return ports || addresses || host
}

function writesToTheSame(before: Service, after: Service): boolean {
  const devices = (before.devices ?? []).some(({ hostPath }) =>
    after.devices?.some((other) => other.hostPath === hostPath),
  )
  return (
    devices ||
    before.mounts.some(
      ({ source, readOnly }) =>
        !readOnly && after.mounts.some((other) => !other.readOnly && other.source === source),
    )
  )
}
