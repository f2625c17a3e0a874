import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { supervisorErrors } from '../errors/supervisor.ts'
import { isAbsence } from '../files/absence.ts'
import { JsonShapeError, object, parseJson, text } from '../json/value.ts'
import type { Endpoint } from '../supervisor/api/endpoint.ts'
import { usageError } from './verb.ts'

/** Where slipctl is told to ask. */
export type Where = {
  /** The path of a socket on this host. */
  readonly socket?: string
  /** `tcp://HOST[:PORT]`. */
  readonly host?: string
  /** A folder with ca.pem, cert.pem and key.pem, as Docker has them. */
  readonly certificates?: string
  /** A context of the docker command line. */
  readonly context?: string
}

export const defaultSocketPath = '/run/slipway/supervisor.sock'

/** Docker's for TLS. */
const defaultPort = 2376

/**
 * Where the API is that slipctl is to ask. Throws SLIPWAY_HOST_USAGE, SLIPWAY_HOST_CONTEXT_UNKNOWN and
 * SLIPWAY_HOST_CERTIFICATE_UNREADABLE.
 */
export async function endpointOf(
  where: Where,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Endpoint> {
  const { socket, host, certificates, context } = where
  const ways = [socket, host, context].filter((way) => way !== undefined)
  if (ways.length > 1) throw usageError('say one of --socket, --host and --context')
  const docker = env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker')
  if (context !== undefined) return await ofContext(context, join(docker, 'contexts'))
  if (certificates !== undefined && host === undefined)
    throw usageError('--certificates is for --host')
  if (host === undefined) return socket ?? defaultSocketPath
  return await remote(host, certificates ?? (env.DOCKER_CERT_PATH || docker))
}

/** A context, as `docker context create` has made it. */
async function ofContext(name: string, directory: string): Promise<Endpoint> {
  const id = createHash('sha256').update(name).digest('hex')
  const file = join(directory, 'meta', id, 'meta.json')
  const host = await contextHost(file).catch((error: unknown) => {
    const reason =
      error instanceof JsonShapeError
        ? error.message
        : 'docker context ls tells those that there are'
    if (!isAbsence(error) && !(error instanceof JsonShapeError)) throw error
    throw supervisorErrors.error('SLIPWAY_HOST_CONTEXT_UNKNOWN', { name, file, reason }, error)
  })
  if (host.startsWith('unix://')) return host.slice('unix://'.length)
  return await remote(host, join(directory, 'tls', id, 'docker'))
}

async function contextHost(file: string): Promise<string> {
  const { Endpoints } = object(parseJson(await readFile(file)), 'the context')
  const { docker } = object(Endpoints, 'Endpoints')
  return text(object(docker, 'Endpoints.docker').Host, 'Endpoints.docker.Host')
}

async function remote(address: string, certificates: string): Promise<Endpoint> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isPlain = url?.protocol === 'tcp:' && ['', '/'].includes(url.pathname) && url.search === ''
  if (url === undefined || !isPlain || url.hostname === '' || url.username !== '')
    throw usageError(`"${address}" is not of the form tcp://HOST[:PORT]`)
  const read = async (name: string) => {
    const file = join(certificates, name)
    try {
      return await readFile(file, 'utf8')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw supervisorErrors.error('SLIPWAY_HOST_CERTIFICATE_UNREADABLE', { file, reason }, error)
    }
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort : Number(url.port),
    authorities: await read('ca.pem'),
    certificate: await read('cert.pem'),
    key: await read('key.pem'),
  }
}
