import { createHash, randomBytes } from 'node:crypto'
import type { Service } from '../compose/service.ts'

/** A new container id: 64 hexadecimal digits. */
export function newContainerId(): string {
  const id = randomBytes(32).toString('hex')
  // Docker avoids short ids that read as a number: a host name must not be one.
  return /^\d+$/.test(id.slice(0, 12)) ? newContainerId() : id
}

/** The id as people see it: its first 12 digits. */
export function shortId(id: string): string {
  return id.slice(0, 12)
}

/** The digest of everything that makes a container of a service: another digest, another container. */
export function configHash(service: Service): string {
  const { dependsOn: _order, conditions: _conditions, restartWith: _restarts, ...rest } = service
  const { updateOrder: _how, updateMonitorMs: _until, number: _number, ...more } = rest
  const { pullPolicy: _when, ...content } = more
  return createHash('sha256')
    .update(JSON.stringify(sorted(content)))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
