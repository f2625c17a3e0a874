import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { fleetErrors } from '../errors/fleet.ts'
import { tryLock } from '../pipeline/lock.ts'
import { answer } from './lock-answers.ts'
import { LockKeeper } from './lock-keeper.ts'
import { loadLocks } from './lock-state.ts'
import type { Slots } from './locks.ts'

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
    const keeper = new LockKeeper(await loadLocks(stateFile), options)
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
