import type { Fields } from './fields.ts'
import type { Service } from './service.ts'

/**
 * The containers of a service that is to have several: each with its number in its name, and its own of
 * the ports of the host. `ports` has those of each.
 */
export function replicasOf(
  service: Service,
  replicas: number,
  ports: readonly Service['ports'][],
  fields: Fields<'container_name' | 'networks'>,
): readonly Service[] {
  if (replicas === 1) return [service]
  if (replicas > 1 && fields.has('container_name'))
    fields.problem('container_name', `${replicas} containers cannot have one name`)
  if (replicas > 1 && service.networks?.some(({ ipv4, ipv6, mac }) => ipv4 ?? ipv6 ?? mac) === true)
    fields.problem('networks', `${replicas} containers cannot have one address`)
  return Array.from({ length: replicas }, (_, index) => ({
    ...service,
    containerName: `${service.project}-${service.name}-${index + 1}`,
    ports: ports[index] ?? [],
    ...(index === 0 ? {} : { number: index + 1 }),
  }))
}
