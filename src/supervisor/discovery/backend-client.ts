import { readFile } from 'node:fs/promises'
import { discoveryErrors } from '../../errors/discovery.ts'
import { type Answer, Connections } from '../../http/connection.ts'
import { readPemFiles } from '../../http/pem-files.ts'
import { parseJson } from '../../json/value.ts'
import type { DiscoverySettings } from './settings.ts'

/** A backend that is near answers soon, or is away. */
const timeouts = { connectMs: 5_000, headersMs: 10_000, stallMs: 10_000 }
/** Of many services; more is not from what we ask. */
const largestAnswerBytes = 16 * 1024 * 1024

export type BackendRequest = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal: AbortSignal
}

export type BackendAccess = Pick<
  DiscoverySettings,
  'address' | 'certificateAuthority' | 'certificate' | 'key' | 'secretFile'
>

/** Asks a backend for JSON over HTTP. */
export class BackendClient {
  readonly #settings: BackendAccess
  readonly #connections = new Connections(timeouts)

  constructor(settings: BackendAccess) {
    this.#settings = settings
  }

  /** Throws SLIPWAY_DISCOVERY_UNREACHABLE, SLIPWAY_DISCOVERY_REFUSED, SLIPWAY_DISCOVERY_FILE. */
  async ask({ method, path, headers = {}, body, signal }: BackendRequest): Promise<unknown> {
    const url = new URL(path, this.#settings.address)
    const common = { url, signal, ...(await readPemFiles(this.#settings, readText)) }
    const content = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body))
    const type = { 'Content-Type': 'application/json', 'Content-Length': String(content.length) }
    const answer = await this.#reach(() =>
      method === 'GET'
        ? this.#connections.get({ ...common, headers })
        : this.#connections.send({ ...common, method, headers: { ...type, ...headers }, content }),
    )
    const text = await this.#reach(() => this.#connections.small(answer.body, largestAnswerBytes))
    if (text === undefined || answer.status < 200 || answer.status > 299)
      throw discoveryErrors.error('SLIPWAY_DISCOVERY_REFUSED', {
        address: url.host,
        what: `${method} ${url.pathname}`,
        status: answer.status,
        reason: text === undefined ? 'the answer is too large' : reasonOf(text.toString('utf8')),
      })
    return text.length === 0 ? undefined : parseJson(text)
  }

  /** The secret as it is now: it may be replaced while we run. */
  async secret(): Promise<string | undefined> {
    const { secretFile } = this.#settings
    return secretFile === undefined ? undefined : (await readText(secretFile)).trim()
  }

  async #reach<T extends Answer | Buffer | undefined>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const reason = error instanceof Error ? error.message || String(error) : String(error)
      const details = { address: this.#settings.address.host, reason }
      throw discoveryErrors.error('SLIPWAY_DISCOVERY_UNREACHABLE', details, error)
    }
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw discoveryErrors.error('SLIPWAY_DISCOVERY_FILE', { file, reason }, error)
  }
}

/** etcd says it in `message`, Consul as plain text. */
function reasonOf(text: string): string {
  const [, message] = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text) ?? []
  return (message ?? text).trim().slice(0, 300) || 'no reason'
}
