import { createHash } from 'node:crypto'
import type { Service } from '../service.ts'

/** Where CoreDNS looks unless its Corefile says otherwise. */
const skydns = '/skydns'
const own = '/slipway/discovery'

/** The key below which CoreDNS finds a service: labels of its name from the last one on, then its id as one. */
export function serviceKey({ id, name }: Pick<Service, 'id' | 'name'>, domain: string): string {
  const labels = [...name.split('.'), ...domain.split('.')].map(asLabel).toReversed()
  return [skydns, ...labels, idLabel(id)].join('/')
}

export function isServiceKey(key: string): boolean {
  return key.startsWith(`${skydns}/`)
}

/** What CoreDNS reads there, with the fields that are ours, which it passes over. */
export function serviceValue(service: Service, ttlSeconds: number): string {
  const { address, port, tags, attributes } = service
  return JSON.stringify({
    host: address,
    port,
    ttl: ttlSeconds,
    ...wholeNumber(attributes, 'priority'),
    ...wholeNumber(attributes, 'weight'),
    ...(attributes.text === undefined ? {} : { text: attributes.text }),
    ...(attributes.group === undefined ? {} : { group: attributes.group }),
    id: service.id,
    protocol: service.protocol,
    tags,
    attributes,
  })
}

/** Beside each service is a record of whose it is, so that a host finds its own without reading those of all. */
export function recordPrefix(host: string): string {
  return `${own}/${host}/`
}

export function recordKey(host: string, id: string): string {
  return `${recordPrefix(host)}${encodeURIComponent(id)}`
}

/** The end of a range of all keys that begin with a prefix. */
export function rangeEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix)
  // Ours end with a slash, so that there is no carry.
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1)
  return end
}

function asLabel(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9_-]/g, '-') || '-'
}

/** An id has letters that a name of a host cannot have; two ids stay two. */
function idLabel(id: string): string {
  const label = asLabel(id).replace(/^-+|-+$/g, '')
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 8)
  return `${label.slice(0, 54)}-${digest}`
}

function wholeNumber(
  attributes: Service['attributes'],
  name: 'priority' | 'weight',
): Record<string, number> {
  const text = attributes[name] ?? ''
  return /^\d{1,5}$/.test(text) ? { [name]: Number(text) } : {}
}
