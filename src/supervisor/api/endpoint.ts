import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http'

/** Where a supervisor's API is: the path of its socket on this host, or a host elsewhere. */
export type Endpoint = string | RemoteEndpoint

/** An API behind mutual TLS; certificates and key are PEM. */
export type RemoteEndpoint = {
  readonly host: string
  readonly port: number
  /** Who signs the certificates of hosts. */
  readonly authorities: string
  readonly certificate: string
  readonly key: string
}

/** An endpoint in words. */
export function titleOf(endpoint: Endpoint): string {
  if (typeof endpoint === 'string') return endpoint
  const { host, port } = endpoint
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Begins a request there, as `request` of node:http does. */
export function requestTo(
  endpoint: Endpoint,
  options: Pick<RequestOptions, 'path' | 'method' | 'headers' | 'signal'>,
  answered?: (response: IncomingMessage) => void,
): ClientRequest {
  if (typeof endpoint === 'string') return request({ ...options, socketPath: endpoint }, answered)
  const { host, port, authorities, certificate, key } = endpoint
  const tls = { ca: authorities, cert: certificate, key, minVersion: 'TLSv1.2' as const }
  // Loaded here: TLS would take a client on the host a fifth of its start.
  const { request: secureRequest } = process.getBuiltinModule('node:https')
  return secureRequest({ ...options, host, port, ...tls }, answered)
}
