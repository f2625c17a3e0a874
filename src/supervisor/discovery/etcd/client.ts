import { discoveryErrors } from '../../../errors/discovery.ts'
import { isSlipwayError } from '../../../errors/error.ts'
import { JsonShapeError, list, object, optional, text } from '../../../json/value.ts'
import { BackendClient } from '../backend-client.ts'
import type { DiscoverySettings } from '../settings.ts'

export type KeyValue = { readonly key: string; readonly value: string; readonly lease: string }

/** Part of a transaction. */
export type Operation =
  | { readonly put: string; readonly value: string; readonly lease: string }
  | { readonly remove: string }

/** etcd's v3 API by its JSON gateway: bytes are base64, numbers of 64 bits are texts. */
export class EtcdClient {
  readonly #client: BackendClient
  readonly #settings: DiscoverySettings
  #token: string | undefined

  constructor(settings: DiscoverySettings) {
    this.#settings = settings
    this.#client = new BackendClient(settings)
  }

  /** The id of a new lease. */
  async grantLease(ttlSeconds: number, signal: AbortSignal): Promise<string> {
    const answer = await this.#ask('lease/grant', { TTL: String(ttlSeconds) }, signal)
    return this.#read(() => text(object(answer, 'lease').ID, 'ID'))
  }

  /** False when there is no such lease any more. */
  async keepLeaseAlive(id: string, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#ask('lease/keepalive', { ID: id }, signal)
    return this.#read(() => {
      const result = object(object(answer, 'keepalive').result, 'result')
      return Number(optional(result.TTL, 'TTL', text) ?? '0') > 0
    })
  }

  async range(from: string, to: Buffer, signal: AbortSignal): Promise<readonly KeyValue[]> {
    const range = { key: base64(from), range_end: to.toString('base64') }
    const answer = await this.#ask('kv/range', range, signal)
    return this.#read(() =>
      (optional(object(answer, 'range').kvs, 'kvs', list) ?? []).map((entry) => {
        const { key, value, lease } = object(entry, 'kvs')
        return {
          key: fromBase64(text(key, 'key')),
          value: fromBase64(optional(value, 'value', text) ?? ''),
          lease: optional(lease, 'lease', text) ?? '0',
        }
      }),
    )
  }

  /** All of it or nothing. */
  async transact(operations: readonly Operation[], signal: AbortSignal): Promise<void> {
    const success = operations.map((operation) =>
      'put' in operation
        ? {
            requestPut: {
              key: base64(operation.put),
              value: base64(operation.value),
              lease: operation.lease,
            },
          }
        : { requestDeleteRange: { key: base64(operation.remove) } },
    )
    await this.#ask('kv/txn', { success }, signal)
  }

  /** A token is good for some minutes only: one that is refused is replaced. */
  async #ask(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    if (this.#settings.username === undefined) return await this.#send(path, body, signal)
    this.#token ??= await this.#authenticate(this.#settings.username, signal)
    try {
      return await this.#send(path, body, signal)
    } catch (error) {
      if (!isSlipwayError(error, 'SLIPWAY_DISCOVERY_REFUSED') || error.details.status !== 401)
        throw error
      this.#token = await this.#authenticate(this.#settings.username, signal)
      return await this.#send(path, body, signal)
    }
  }

  async #send(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    const headers: Record<string, string> =
      this.#token === undefined ? {} : { Authorization: this.#token }
    return await this.#client.ask({ method: 'POST', path: `/v3/${path}`, headers, body, signal })
  }

  async #authenticate(name: string, signal: AbortSignal): Promise<string> {
    const password = (await this.#client.secret()) ?? ''
    const body = { name, password }
    const path = '/v3/auth/authenticate'
    const answer = await this.#client.ask({ method: 'POST', path, body, signal })
    return this.#read(() => text(object(answer, 'authenticate').token, 'token'))
  }

  #read<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof JsonShapeError)) throw error
      const details = { address: this.#settings.address.host, reason: error.message }
      throw discoveryErrors.error('SLIPWAY_DISCOVERY_ANSWER_INVALID', details, error)
    }
  }
}

function base64(words: string): string {
  return Buffer.from(words).toString('base64')
}

function fromBase64(words: string): string {
  return Buffer.from(words, 'base64').toString('utf8')
}
