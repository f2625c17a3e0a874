import type { Service, ServiceHealth } from '../service.ts'
import { fingerprint } from '../steps.ts'

/** By these a service tells whose it is. */
export const hostKey = 'slipway-host'
export const fingerprintKey = 'slipway-fingerprint'

/** Consul's limits of what a service says of itself. */
const mostMeta = 64
const longestMetaKey = 128
const longestMetaValue = 512

/** Consul forgets what is critical for so long: the services of a host that is gone. */
const usualDeregisterAfter = '10m'

export type ConsulStatus = 'passing' | 'critical'

/** The body of `PUT /v1/agent/service/register`. */
export function registration(service: Service, host: string, ttlMs: number): object {
  const { id, name, tags, address, port, check, health } = service
  return {
    ID: id,
    Name: name,
    Tags: tags,
    Address: address,
    Port: port,
    Meta: metaOf(service, host),
    Checks: [
      {
        CheckID: checkId(id),
        Name: 'container',
        TTL: check.ttl ?? `${ttlMs}ms`,
        Status: statusOf(health),
        DeregisterCriticalServiceAfter: check.deregisterAfter ?? usualDeregisterAfter,
      },
      ...(check.http === undefined ? [] : [{ HTTP: check.http, ...often(check) }]),
      ...(check.tcp === undefined ? [] : [{ TCP: check.tcp, ...often(check) }]),
    ],
  }
}

/** The check by which we say how the container is, and that this host is there. */
export function checkId(id: string): string {
  return `slipway:${id}`
}

/** One that has yet to become healthy gets no traffic. */
export function statusOf(health: ServiceHealth): ConsulStatus {
  return health === 'passing' ? 'passing' : 'critical'
}

function often({ interval, timeout }: Service['check']): object {
  return { Interval: interval, ...(timeout === undefined ? {} : { Timeout: timeout }) }
}

/** What Consul takes of the attributes: the rest would have it refuse the service. */
function metaOf(service: Service, host: string): Record<string, string> {
  const own = { [hostKey]: host, [fingerprintKey]: fingerprint(service) }
  const said = Object.entries(service.attributes)
    .map(([key, value]) => [key.replace(/[^a-zA-Z0-9_-]/g, '_'), value] as const)
    .filter(([key, value]) => key.length <= longestMetaKey && value.length <= longestMetaValue)
    .slice(0, mostMeta - Object.keys(own).length)
  return { ...Object.fromEntries(said), ...own }
}
