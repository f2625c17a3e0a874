import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { supervisorErrors } from '../../../errors/supervisor.ts'
import { describeError, type Log } from '../../../journal/log.ts'
import type { Place } from '../../settings/listening.ts'
import { patience } from '../answering.ts'
import type { Role } from '../role.ts'
import type { MutualTlsFiles, RemoteApiSettings } from './settings.ts'

export type RemoteListener = {
  readonly server: Server
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
 *
 * @param what is served, in the words of messages: `the API`
 */
export async function listenForClients(
  what: string,
  settings: Place & MutualTlsFiles,
  log: Log,
): Promise<RemoteListener> {
  let files = await readFiles(what, settings)
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
    log.warning(`${what} refused ${socket.remoteAddress ?? 'a client'}: ${describeError(error)}`)
  })
  await listening(what, server, settings)
  const reload = async () => {
    const next = await readFiles(what, settings)
    if (JSON.stringify(next) === JSON.stringify(files)) return
    server.setSecureContext({ ...next, minVersion: 'TLSv1.2' })
    files = next
    log.info(`${what} has other certificates from now on`)
  }
  const reloadIfReadable = () => {
    reload().catch((error: unknown) =>
      log.warning(`${what} keeps its certificates: ${describeError(error)}`),
    )
  }
  const watched = [settings.certificate, settings.key, settings.clientAuthorities]
  for (const file of watched)
    watchFile(file, { interval: lookMs, persistent: false }, reloadIfReadable)
  return {
    server,
    close: () => {
      for (const file of watched) unwatchFile(file, reloadIfReadable)
    },
  }
}

/** The role of a client by its certificate; undefined for one that has none. */
export function roleBySubject(socket: Socket, roles: RemoteApiSettings['roles']): Role | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  // A certificate with several common names could be whoever it likes.
  return typeof name === 'string' ? roles.get(name) : undefined
}

/** The three files, checked: a key of another certificate is refused here and not at the first connection. */
async function readFiles(what: string, { certificate, key, clientAuthorities }: MutualTlsFiles) {
  const read = (file: string) =>
    readFile(file, 'utf8').catch((error: unknown) => {
      throw invalid(what, file, error)
    })
  const files = {
    cert: await read(certificate),
    key: await read(key),
    ca: await read(clientAuthorities),
  }
  try {
    createSecureContext(files)
  } catch (error) {
    throw invalid(what, `${certificate}, ${key} or ${clientAuthorities}`, error)
  }
  if (!files.ca.includes('-----BEGIN CERTIFICATE-----'))
    throw invalid(what, clientAuthorities, new Error('there is no certificate in it'))
  return files
}

function invalid(what: string, file: string, error: unknown) {
  return supervisorErrors.error(
    'SLIPWAY_SUPERVISOR_API_TLS_INVALID',
    { what, file, reason: describeError(error) },
    error,
  )
}

async function listening(what: string, server: Server, { address, port }: Place): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        supervisorErrors.error(
          'SLIPWAY_SUPERVISOR_API_NOT_LISTENING',
          { what, address, port, reason: describeError(error) },
          error,
        ),
      ),
    )
    server.listen(port, address, resolve)
  })
}
