import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { supervisorErrors } from '../errors/supervisor.ts'
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
  if (context !== undefined) {
    const { readContext } = await import('./docker-context.ts')
    const { address, certificates: own } = await readContext(context, join(docker, 'contexts'))
    return address.startsWith('unix://')
      ? address.slice('unix://'.length)
      : await remote(address, own)
  }
  if (certificates !== undefined && host === undefined)
    throw usageError('--certificates is for --host')
  if (host === undefined) return socket ?? defaultSocketPath
  return await remote(host, certificates ?? (env.DOCKER_CERT_PATH || docker))
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
