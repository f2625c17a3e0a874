import { JsonShapeError, object, parseJson, text } from '../../../json/value.ts'
import type { Backend } from '../backend.ts'
import { isReachable, type Service } from '../service.ts'
import type { DiscoverySettings } from '../settings.ts'
import { fingerprint, type Registered } from '../steps.ts'
import { EtcdClient, type KeyValue, type Operation } from './client.ts'
import {
  isServiceKey,
  rangeEnd,
  recordKey,
  recordPrefix,
  serviceKey,
  serviceValue,
} from './keys.ts'

/** A beat may be lost, and the next still comes in time. */
const beatsPerTtl = 3

/**
 * Services in etcd, where CoreDNS finds them. All keys of a host hang on one lease, so that they go when
 * the host does. DNS knows no health: what is not well is not there.
 */
export class EtcdBackend implements Backend {
  readonly title: string
  readonly heartbeatMs: number
  readonly #client: EtcdClient
  readonly #settings: DiscoverySettings
  readonly #host: string
  /** The key of each service that is there. */
  readonly #keys = new Map<string, string>()
  #lease: string | undefined

  constructor(settings: DiscoverySettings, host: string) {
    this.title = `etcd at ${settings.address.host}`
    this.heartbeatMs = settings.ttlMs / beatsPerTtl
    this.#client = new EtcdClient(settings)
    this.#settings = settings
    this.#host = host
  }

  wanted(services: readonly Service[]): readonly Service[] {
    return services.filter((service) => service.health === 'passing' && isReachable(service))
  }

  async registered(signal: AbortSignal): Promise<ReadonlyMap<string, Registered>> {
    // etcd may have lost it, and then takes nothing that hangs on it.
    if (this.#lease !== undefined) await this.keepAlive([], signal)
    const lease = await this.#ensureLease(signal)
    const prefix = recordPrefix(this.#host)
    const found = new Map<string, Registered>()
    this.#keys.clear()
    for (const entry of await this.#client.range(prefix, rangeEnd(prefix), signal)) {
      const record = recordOf(entry)
      if (record === undefined) continue
      this.#keys.set(record.id, record.key)
      // What hangs on an earlier supervisor's lease would go with it.
      const print = entry.lease === lease ? record.fingerprint : ''
      found.set(record.id, { fingerprint: print, health: 'passing' })
    }
    return found
  }

  async register(service: Service, signal: AbortSignal): Promise<void> {
    const lease = await this.#ensureLease(signal)
    const { ttlMs, domain } = this.#settings
    const key = serviceKey(service, domain)
    const before = this.#keys.get(service.id)
    const record: KeyRecord = { id: service.id, key, fingerprint: fingerprint(service) }
    const operations: Operation[] = [
      { put: key, value: serviceValue(service, Math.ceil(ttlMs / 1000)), lease },
      { put: recordKey(this.#host, service.id), value: JSON.stringify(record), lease },
      ...(before === undefined || before === key ? [] : [{ remove: before }]),
    ]
    await this.#client.transact(operations, signal)
    this.#keys.set(service.id, key)
  }

  async deregister(id: string, signal: AbortSignal): Promise<void> {
    const key = this.#keys.get(id)
    const operations: Operation[] = [
      ...(key === undefined ? [] : [{ remove: key }]),
      { remove: recordKey(this.#host, id) },
    ]
    await this.#client.transact(operations, signal)
    this.#keys.delete(id)
  }

  /** There is nowhere to say it: those that are not well are not wanted. */
  async report(): Promise<void> {}

  async keepAlive(_services: readonly Service[], signal: AbortSignal): Promise<boolean> {
    const lease = await this.#ensureLease(signal)
    const isThere = await this.#client.keepLeaseAlive(lease, signal)
    if (!isThere) this.#lease = undefined
    return isThere
  }

  async #ensureLease(signal: AbortSignal): Promise<string> {
    const ttlSeconds = Math.ceil(this.#settings.ttlMs / 1000)
    this.#lease ??= await this.#client.grantLease(ttlSeconds, signal)
    return this.#lease
  }
}

/** Whose a service is. */
type KeyRecord = { readonly id: string; readonly key: string; readonly fingerprint: string }

/** Undefined for what we have not written. */
function recordOf({ value }: KeyValue): KeyRecord | undefined {
  try {
    const fields = object(parseJson(Buffer.from(value)), 'record')
    const [id, key, print] = [fields.id, fields.key, fields.fingerprint].map((field) =>
      text(field, 'field'),
    )
    if (id === undefined || key === undefined || print === undefined) return undefined
    return isServiceKey(key) ? { id, key, fingerprint: print } : undefined
  } catch (error) {
    if (error instanceof JsonShapeError) return undefined
    throw error
  }
}
