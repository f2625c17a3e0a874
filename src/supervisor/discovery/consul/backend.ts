import { discoveryErrors } from '../../../errors/discovery.ts'
import { isSlipwayError } from '../../../errors/error.ts'
import { JsonShapeError, object, optional, text } from '../../../json/value.ts'
import type { Backend } from '../backend.ts'
import { BackendClient } from '../backend-client.ts'
import { isReachable, type Service } from '../service.ts'
import type { DiscoverySettings } from '../settings.ts'
import type { Registered } from '../steps.ts'
import { checkId, fingerprintKey, hostKey, registration, statusOf } from './registration.ts'

const beatsPerTtl = 3

/** Services at a Consul agent, each with a check that we answer: Consul need not reach the containers. */
export class ConsulBackend implements Backend {
  readonly title: string
  readonly heartbeatMs: number
  readonly #client: BackendClient
  readonly #settings: DiscoverySettings
  readonly #host: string

  constructor(settings: DiscoverySettings, host: string) {
    this.title = `Consul at ${settings.address.host}`
    this.heartbeatMs = settings.ttlMs / beatsPerTtl
    this.#client = new BackendClient(settings)
    this.#settings = settings
    this.#host = host
  }

  wanted(services: readonly Service[]): readonly Service[] {
    return services.filter(isReachable)
  }

  async registered(signal: AbortSignal): Promise<ReadonlyMap<string, Registered>> {
    const answer = await this.#ask('GET', 'services', undefined, signal)
    try {
      return new Map(
        Object.entries(object(answer, 'services')).flatMap(([id, entry]) => {
          const meta = object(optional(object(entry, id).Meta, 'Meta', object) ?? {}, 'Meta')
          if (meta[hostKey] !== this.#host) return []
          return [[id, { fingerprint: text(meta[fingerprintKey] ?? '', fingerprintKey) }]]
        }),
      )
    } catch (error) {
      if (!(error instanceof JsonShapeError)) throw error
      const details = { address: this.#settings.address.host, reason: error.message }
      throw discoveryErrors.error('SLIPWAY_DISCOVERY_ANSWER_INVALID', details, error)
    }
  }

  async register(service: Service, signal: AbortSignal): Promise<void> {
    const body = registration(service, this.#host, this.#settings.ttlMs)
    await this.#ask('PUT', 'service/register?replace-existing-checks=true', body, signal)
  }

  async deregister(id: string, signal: AbortSignal): Promise<void> {
    try {
      const path = `service/deregister/${encodeURIComponent(id)}`
      await this.#ask('PUT', path, undefined, signal)
    } catch (error) {
      if (!saysUnknown(error)) throw error
    }
  }

  async report({ id, health, container }: Service, signal: AbortSignal): Promise<void> {
    const body = { Status: statusOf(health), Output: `container ${container}: ${health}` }
    await this.#ask('PUT', `check/update/${encodeURIComponent(checkId(id))}`, body, signal)
  }

  /** An agent that was started anew without its data knows nothing of us. */
  async keepAlive(services: readonly Service[], signal: AbortSignal): Promise<boolean> {
    try {
      for (const service of services) await this.report(service, signal)
      return true
    } catch (error) {
      if (saysUnknown(error)) return false
      throw error
    }
  }

  async #ask(
    method: 'GET' | 'PUT',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<unknown> {
    const token = await this.#client.secret()
    return await this.#client.ask({
      method,
      path: `/v1/agent/${path}`,
      headers: token === undefined ? {} : { 'X-Consul-Token': token },
      ...(body === undefined ? {} : { body }),
      signal,
    })
  }
}

/** 404, or 500 with these words in older releases. */
function saysUnknown(error: unknown): boolean {
  return (
    isSlipwayError(error, 'SLIPWAY_DISCOVERY_REFUSED') &&
    (error.details.status === 404 ||
      /unknown (?:check|service)/i.test(String(error.details.reason)))
  )
}
