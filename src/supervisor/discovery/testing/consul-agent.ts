import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Check = { CheckID?: string; TTL?: string; Interval?: string; Status?: string }
type Registration = {
  ID: string
  Name: string
  Tags: string[]
  Address: string
  Port: number
  Meta: Record<string, string>
  Checks: (Check & { HTTP?: string; TCP?: string; DeregisterCriticalServiceAfter?: string })[]
}

/**
 * Answers as Consul's published agent API says: registration of services with their checks, their
 * list, beats of checks, deregistration, tokens. Consul itself is in no package that tests could have.
 */
export class ConsulAgent {
  readonly services = new Map<string, Registration>()
  /** Status by check. */
  readonly checks = new Map<string, { status: string; output: string }>()
  /** Requests as `METHOD path`. */
  readonly asked: string[] = []
  /** Whoever asks must have it, if it is set. */
  token = ''
  /** Answers come with this status instead. */
  broken: number | undefined
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(): Promise<ConsulAgent> {
    const agent = new ConsulAgent()
    await agent.listen(0)
    return agent
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`)
  }

  /** As after a restart without its data. */
  forget(): void {
    this.services.clear()
    this.checks.clear()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', 'http://agent')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    this.asked.push(`${request.method} ${pathname}`)
    const [status, body] = this.#decide(request, pathname, Buffer.concat(chunks).toString('utf8'))
    response.writeHead(
      status,
      typeof body === 'string' ? {} : { 'Content-Type': 'application/json' },
    )
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

  #decide(
    { method, headers }: IncomingMessage,
    pathname: string,
    body: string,
  ): [status: number, body: unknown] {
    if (this.broken !== undefined) return [this.broken, 'rpc error: No cluster leader']
    if (this.token !== '' && headers['x-consul-token'] !== this.token)
      return [403, 'Permission denied: token with AccessorID lacks permission']
    const [, call = '', id = ''] =
      /^\/v1\/agent\/(services|service\/register|service\/deregister|check\/update)(?:\/(.*))?$/.exec(
        pathname,
      ) ?? []
    if (call === 'services')
      return method === 'GET' ? [200, this.#list()] : [405, 'method not allowed']
    if (method !== 'PUT') return [405, 'method not allowed']
    const name = decodeURIComponent(id)
    if (call === 'service/register') return this.#register(JSON.parse(body) as Registration)
    if (call === 'service/deregister') return this.#deregister(name)
    if (call === 'check/update') {
      const { Status, Output } = JSON.parse(body) as { Status: string; Output: string }
      return this.#update(name, Status, Output)
    }
    return [404, '404 page not found']
  }

  #list(): object {
    return Object.fromEntries(
      [...this.services].map(([id, { Name, Tags, Address, Port, Meta }]) => [
        id,
        { ID: id, Service: Name, Tags, Meta, Address, Port },
      ]),
    )
  }

  #register(wanted: Registration): [number, unknown] {
    if (!wanted.Name) return [400, 'Missing service name']
    for (const check of wanted.Checks) {
      const { TTL, Interval, DeregisterCriticalServiceAfter: after = '10m' } = check
      if ((TTL === undefined) === (Interval === undefined))
        return [400, 'Invalid check: TTL must be > 0 or Interval must be > 0']
      if (!/^\d+m$/.test(after)) return [400, 'Invalid duration']
    }
    for (const [key, value] of Object.entries(wanted.Meta))
      if (!/^[a-zA-Z0-9_-]{1,128}$/.test(key) || value.length > 512)
        return [400, `Couldn't load metadata pair ('${key}')`]
    this.services.set(wanted.ID, wanted)
    for (const { CheckID, TTL, Status = 'critical' } of wanted.Checks)
      if (CheckID !== undefined && TTL !== undefined)
        this.checks.set(CheckID, { status: Status, output: '' })
    return [200, '']
  }

  #deregister(id: string): [number, unknown] {
    const service = this.services.get(id)
    if (service === undefined)
      return [
        404,
        `Unknown service ID "${id}". Ensure that the service ID is passed, not the service name.`,
      ]
    for (const { CheckID = '' } of service.Checks) this.checks.delete(CheckID)
    this.services.delete(id)
    return [200, '']
  }

  #update(id: string, status: string, output: string): [number, unknown] {
    if (!['passing', 'warning', 'critical'].includes(status))
      return [400, `Invalid check status: '${status}'`]
    if (!this.checks.has(id))
      return [
        404,
        `Unknown check ID "${id}". Ensure that the check ID is passed, not the check name.`,
      ]
    this.checks.set(id, { status, output })
    return [200, '']
  }
}
