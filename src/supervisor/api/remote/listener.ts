import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { supervisorErrors } from '../../../errors/supervisor.ts'
import { describeError, type Log } from '../../../journal/log.ts'
import { patience } from '../answering.ts'
import type { Role } from '../role.ts'
import type { RemoteApiSettings } from './settings.ts'

export type RemoteListener = {
  readonly server: Server
  /** The role of a client by its certificate; undefined for one that has none. */
  roleOf(socket: Socket): Role | undefined
  close(): void
}

/** A certificate is replaced by writing its files anew; nobody has to restart the supervisor for it. */
const lookMs = 5000

/** More than any fleet's tools have; each costs some memory. */
const maximumConnections = 1024

/**
 * Listens for clients that prove by TLS (1.2 or newer) who they are: a connection without a certificate of one of
 * the authorities ends in the handshake. Throws SLIPWAY_SUPERVISOR_API_TLS_INVALID and
 * SLIPWAY_SUPERVISOR_API_NOT_LISTENING.
 */
export async function listenForClients(
  settings: RemoteApiSettings,
  log: Log,
): Promise<RemoteListener> {
  let files = await readFiles(settings)
  const server = createServer({
    ...files,
    ...patience,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    // Half-closed connections are how clients say that their input has ended.
    ...{ allowHalfOpen: true },
    handshakeTimeout: 10_000,
  })
  server.maxConnections = maximumConnections
  server.on('tlsClientError', (error, socket) => {
    log.warning(`the API refused ${socket.remoteAddress ?? 'a client'}: ${describeError(error)}`)
  })
  await listening(server, settings)
  const reload = async () => {
    const next = await readFiles(settings)
    if (JSON.stringify(next) === JSON.stringify(files)) return
    server.setSecureContext({ ...next, minVersion: 'TLSv1.2' })
    files = next
    log.info('the API has other certificates from now on')
  }
  const reloadIfReadable = () => {
    reload().catch((error: unknown) =>
      log.warning(`the API keeps its certificates: ${describeError(error)}`),
    )
  }
  const watched = [settings.certificate, settings.key, settings.clientAuthorities]
  for (const file of watched)
    watchFile(file, { interval: lookMs, persistent: false }, reloadIfReadable)
  return {
    server,
    roleOf: (socket) => roleBySubject(socket, settings.roles),
    close: () => {
      for (const file of watched) unwatchFile(file, reloadIfReadable)
    },
  }
}

function roleBySubject(socket: Socket, roles: ReadonlyMap<string, Role>): Role | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  // A certificate with several common names could be whoever it likes.
  return typeof name === 'string' ? roles.get(name) : undefined
}

/** The three files, checked: a key of another certificate is refused here and not at the first connection. */
async function readFiles({ certificate, key, clientAuthorities }: RemoteApiSettings) {
  const read = (file: string) =>
    readFile(file, 'utf8').catch((error: unknown) => {
      throw invalid(file, error)
    })
  const files = {
    cert: await read(certificate),
    key: await read(key),
    ca: await read(clientAuthorities),
  }
  try {
    createSecureContext(files)
  } catch (error) {
    throw invalid(`${certificate}, ${key} or ${clientAuthorities}`, error)
  }
  if (!files.ca.includes('-----BEGIN CERTIFICATE-----'))
    throw invalid(clientAuthorities, new Error('there is no certificate in it'))
  return files
}

function invalid(file: string, error: unknown) {
  return supervisorErrors.error(
    'SLIPWAY_SUPERVISOR_API_TLS_INVALID',
    { file, reason: describeError(error) },
    error,
  )
}

async function listening(server: Server, { address, port }: RemoteApiSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        supervisorErrors.error(
          'SLIPWAY_SUPERVISOR_API_NOT_LISTENING',
          { address, port, reason: describeError(error) },
          error,
        ),
      ),
    )
    server.listen(port, address, resolve)
  })
}
