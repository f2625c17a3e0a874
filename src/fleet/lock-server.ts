import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { fleetErrors } from '../errors/fleet.ts'
import { tryLock } from '../pipeline/lock.ts'
import { maximumRequestBytes, parseLockRequest } from './lock-request.ts'
import { loadLocks, saveLocks } from './lock-state.ts'
import { holdersOf, type Locks, lock, type Slots, unlock, type Verdict } from './locks.ts'

export type LockServerOptions = {
  readonly host: string
  /** 0 lets the kernel choose. */
  readonly port: number
  readonly slots: Slots
  readonly stateFile: string
  readonly tls?: TlsFiles
  /** One line about each request that was understood, for the operator. */
  readonly log: (line: string) => void
}

/** PEM texts, with the files' names for messages. */
export type TlsFiles = {
  readonly certificate: { readonly file: string; readonly text: string }
  readonly key: { readonly file: string; readonly text: string }
}

export type LockServer = {
  /** Where it answers, such as `http://127.0.0.1:4180`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves the FleetLock protocol for one machine: locks are kept in a file, which has each change before the
 * host is told of it.
 *
 * @throws SLIPWAY_FLEET_LOCK_STATE_UNREADABLE, SLIPWAY_FLEET_LOCK_STATE_IN_USE, SLIPWAY_FLEET_TLS_INVALID,
 * SLIPWAY_FLEET_LISTEN_FAILED.
 */
export async function startLockServer(options: LockServerOptions): Promise<LockServer> {
  const { host, port, stateFile, tls } = options
  const server = tls === undefined ? createServer(limits) : secureServer(tls)
  const own = await tryLock(`${stateFile}.lock`)
  if (own === undefined)
    throw fleetErrors.error('SLIPWAY_FLEET_LOCK_STATE_IN_USE', { file: stateFile })
  try {
    const keeper = new Keeper(await loadLocks(stateFile), options)
    server.on('request', (request, response) => void answer(request, response, keeper))
    await listen(server, host, port)
  } catch (error) {
    await own.release()
    throw error
  }
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${addressText(server, host)}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await own.release()
    },
  }
}

/** A request is small and soon over; whoever is slow makes room for others. */
const limits = {
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 5000,
}

const maximumConnections = 1024

function secureServer({ certificate, key }: TlsFiles): Server {
  try {
    return createTlsServer({ ...limits, cert: certificate.text, key: key.text })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const details = { certificate: certificate.file, key: key.file, reason }
    throw fleetErrors.error('SLIPWAY_FLEET_TLS_INVALID', details, error)
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.maxConnections = maximumConnections
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw fleetErrors.error(
      'SLIPWAY_FLEET_LISTEN_FAILED',
      { address: `${host}:${port}`, reason },
      error,
    )
  }
}

function addressText(server: Server, host: string): string {
  const address = server.address()
  if (typeof address !== 'object' || address === null)
    throw new TypeError('a server that listens on a port has an address')
  return `${host.includes(':') ? `[${host}]` : host}:${address.port}`
}

/** Holds the locks and makes one change at a time. */
class Keeper {
  #locks: Locks
  #last: Promise<unknown> = Promise.resolve()
  readonly #options: LockServerOptions

  constructor(locks: Locks, options: LockServerOptions) {
    this.#locks = locks
    this.#options = options
  }

  log(line: string): void {
    this.#options.log(line)
  }

  /** Decides and, if the locks change, saves before it tells. Throws what the disk throws; nothing changed then. */
  async change(decide: (locks: Locks, slots: Slots) => Verdict): Promise<Verdict> {
    const turn = this.#last.then(async () => {
      const verdict = decide(this.#locks, this.#options.slots)
      if (verdict.kind !== 'granted' || verdict.locks === this.#locks) return verdict
      await saveLocks(verdict.locks, this.#options.stateFile)
      this.#locks = verdict.locks
      return verdict
    })
    // The next one's turn comes after this one failed, too; this one's caller hears of it.
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    )
    return await turn
  }
}

type Reply = { readonly status: number; readonly kind?: string; readonly value?: string }

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  keeper: Keeper,
): Promise<void> {
  const { status, kind, value } = await reply(request, keeper).catch((error: unknown): Reply => {
    const reason = error instanceof Error ? error.message : String(error)
    keeper.log(`a request failed: ${reason}`)
    return { status: 500, kind: 'internal_error', value: 'the server could not keep the change' }
  })
  if (response.destroyed) return
  // What was not read of a request must not be taken for the next one.
  if (!request.complete) response.setHeader('connection', 'close')
  if (status === 405) response.setHeader('allow', 'POST')
  response.setHeader('content-type', 'application/json')
  response.writeHead(status)
  response.end(kind === undefined ? '{}\n' : `${JSON.stringify({ kind, value })}\n`)
}

async function reply(request: IncomingMessage, keeper: Keeper): Promise<Reply> {
  const operation = operations.get(request.url ?? '')
  if (operation === undefined)
    return {
      status: 404,
      kind: 'not_found',
      value: `known here: ${[...operations.keys()].join(', ')}`,
    }
  if (request.method !== 'POST')
    return { status: 405, kind: 'method_not_allowed', value: 'expected POST' }
  if (request.headers['fleet-lock-protocol'] !== 'true')
    return {
      status: 400,
      kind: 'missing_protocol_header',
      value: 'expected the header fleet-lock-protocol: true',
    }
  const body = await readBody(request)
  if (body === undefined)
    return {
      status: 413,
      kind: 'request_too_large',
      value: `expected at most ${maximumRequestBytes} bytes`,
    }
  const parsed = parseLockRequest(body)
  if ('kind' in parsed) return { status: 400, ...parsed }
  return await operation(parsed, keeper)
}

type Operation = (request: { group: string; id: string }, keeper: Keeper) => Promise<Reply>

const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    '/v1/pre-reboot',
    async (request, keeper) => {
      const now = new Date().toISOString()
      const verdict = await keeper.change((locks, slots) => lock(locks, slots, request, now))
      return told(verdict, request, 'locked', keeper)
    },
  ],
  [
    '/v1/steady-state',
    async (request, keeper) => {
      const verdict = await keeper.change((locks, slots) => unlock(locks, slots, request))
      return told(verdict, request, 'unlocked', keeper)
    },
  ],
])

function told(
  verdict: Verdict,
  { group, id }: { readonly group: string; readonly id: string },
  done: string,
  keeper: Keeper,
): Reply {
  switch (verdict.kind) {
    case 'granted':
      keeper.log(`${group}: ${id} ${done}; ${holdersOf(verdict.locks, group).length} held`)
      return { status: 200 }
    case 'unknown-group':
      keeper.log(`${id} asked for the group ${group}, which there is not`)
      return { status: 404, kind: 'unknown_group', value: `there is no group ${group}` }
    case 'full':
      keeper.log(`${group}: ${id} refused; all ${verdict.slots} slots are locked`)
      return {
        status: 409,
        kind: 'failed_lock_semaphore_full',
        value: `all slots of ${group} are locked: ${verdict.slots}`,
      }
  }
}

/** As much of a request that is too large is let pass by: whoever sends it shall still read the answer. */
const maximumIdleBytes = 1024 * 1024

/** Undefined when it is larger than a request may be. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(piece)) continue
    length += piece.length
    if (length <= maximumRequestBytes) pieces.push(piece)
    if (length > maximumIdleBytes) break
  }
  return length > maximumRequestBytes ? undefined : Buffer.concat(pieces)
}
