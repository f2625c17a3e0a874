import { BlockList, isIP } from 'node:net'
import type { Config } from '../../ignition-schema/index.ts'

export type ProxySettings = NonNullable<NonNullable<Config['ignition']>['proxy']>

/**
 * The proxy for a URL, or undefined for a direct connection. Hosts are excepted as by the reference
 * implementation: this machine's own always, and those of `noProxy`: `*`, an IP address, a network
 * (CIDR), a domain (which means its subdomains too), or `.domain` (its subdomains only), with an
 * optional port.
 */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const proxy = url.protocol === 'https:' ? settings.httpsProxy : settings.httpProxy
  if (proxy === undefined || proxy === '') return undefined
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (isThisMachine(host)) return undefined
  const excepted = (settings.noProxy ?? [])
    .flatMap((entry) => entry.split(','))
    .some((entry) => isExcepted(entry.trim().toLowerCase(), host.toLowerCase(), port))
  return excepted ? undefined : new URL(proxy)
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || isInNetwork(host, '127.0.0.0', 8) || isInNetwork(host, '::1', 128)
}

function isExcepted(entry: string, host: string, port: string): boolean {
  if (entry === '') return false
  if (entry === '*') return true
  const [, network, bits] = /^(.*)\/(\d{1,3})$/.exec(entry) ?? []
  if (network !== undefined && isIP(network) !== 0) return isInNetwork(host, network, Number(bits))
  const { name, wantedPort } = splitPort(entry)
  if (wantedPort !== undefined && wantedPort !== port) return false
  if (isIP(name) !== 0) return isInNetwork(host, name, isIP(name) === 4 ? 32 : 128)
  const domain = name.replace(/^\*(?=\.)/, '')
  return domain.startsWith('.')
    ? host.endsWith(domain)
    : host === domain || host.endsWith(`.${domain}`)
}

function splitPort(entry: string): { name: string; wantedPort?: string } {
  if (isIP(entry) !== 0) return { name: entry }
  const [, name = entry, wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  const bare = name.replace(/^\[(.*)\]$/, '$1')
  return wantedPort === undefined ? { name: bare } : { name: bare, wantedPort }
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(host)
  if (family === 0 || family !== isIP(network) || bits > (family === 4 ? 32 : 128)) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, bits, type)
  return list.check(host, type)
}
