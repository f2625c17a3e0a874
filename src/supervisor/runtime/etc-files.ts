import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { readIfThere } from '../../files/absence.ts'
import type { Container } from '../containers/container.ts'
import type { NameService } from '../containers/spec.ts'
import type { ContainerPaths } from '../directories.ts'
import { endpointsOf } from '../networks/endpoint.ts'
import { defaultBridge } from '../networks/network.ts'
import type { NetworkStore } from '../networks/store.ts'
import { hostnameOf } from './spec.ts'

/** Writes the /etc/hosts, /etc/hostname and /etc/resolv.conf that a container gets. */
export async function writeEtcFiles(
  container: Container,
  paths: ContainerPaths,
  networks: Pick<NetworkStore, 'get'>,
): Promise<void> {
  await mkdir(paths.etc, { recursive: true, mode: 0o755 })
  const hostname = hostnameOf(container)
  const { domainname, extraHosts, namespaces } = container.spec
  const names = domainname === undefined ? hostname : `${hostname}.${domainname} ${hostname}`
  const addresses = endpointsOf(container)
    .flatMap(({ ipAddress, ipv6Address = '' }) => [ipAddress, ipv6Address])
    .filter((address) => address !== '')
  const ownHosts = hostsFile(addresses, names, extraHosts)
  const files = {
    hostname: `${hostname}\n`,
    hosts: namespaces?.network === 'host' ? await hostHosts(extraHosts) : ownHosts,
    'resolv.conf': resolvConf(await hostResolvConf(), nameServiceOf(container, networks)),
  }
  // Written in place, since a running container has them bind-mounted; remade at each start.
  for (const [name, content] of Object.entries(files))
    await writeFile(`${paths.etc}/${name}`, content, { mode: 0o644 })
}

/**
 * Brings a running container's resolv.conf to what the host now uses: a container may start before the
 * host has learnt its name servers, and they may change. In place, since the container has the file itself
 * mounted. Gives whether it changed.
 */
export async function refreshResolvConf(
  paths: Pick<ContainerPaths, 'etc'>,
  hostText?: string,
  dns?: NameService,
): Promise<boolean> {
  const file = `${paths.etc}/resolv.conf`
  const wanted = resolvConf(hostText ?? (await hostResolvConf()), dns)
  if (wanted === '' || (await readFile(file, 'utf8')) === wanted) return false
  await writeFile(file, wanted)
  return true
}

/**
 * Whom a container asks for names: on networks with names their gateways, which ask the host's or the
 * container's own servers for what they do not know.
 */
export function nameServiceOf(
  container: Pick<Container, 'network' | 'spec'>,
  networks: Pick<NetworkStore, 'get'>,
): NameService | undefined {
  const { dns } = container.spec
  const servers = endpointsOf(container).flatMap(({ networkId }) => {
    const network = networks.get(networkId)
    return network?.names === true ? network.subnets.map(({ gateway }) => gateway) : []
  })
  if (servers.length === 0) return dns
  // As in Docker, names without a dot are the containers', before any domain is searched.
  const options =
    dns?.options.some((option) => option.startsWith('ndots:')) === true ? [] : ['ndots:0']
  return {
    servers,
    search: dns?.search ?? [],
    options: [...(dns?.options ?? []), ...options],
  }
}

export function hostsFile(
  addresses: readonly string[],
  names: string,
  extraHosts: readonly string[] = [],
): string {
  return [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'ff00::0\tip6-mcastprefix',
    'ff02::1\tip6-allnodes',
    'ff02::2\tip6-allrouters',
    ...extraHosts.map(extraHost),
    ...addresses.map((address) => `${address}\t${names}`),
    '',
  ].join('\n')
}

/** `NAME:ADDRESS`; an address of IPv6 has colons too, and may be in brackets. */
function extraHost(text: string): string {
  const colon = text.indexOf(':')
  const address = text.slice(colon + 1).replace(/^\[(.*)\]$/, '$1')
  return `${address === 'host-gateway' ? defaultBridge.subnets[0]?.gateway : address}\t${text.slice(0, colon)}`
}

async function hostHosts(extraHosts: readonly string[] = []): Promise<string> {
  const text = await readIfThere('/etc/hosts')
  return [text?.trimEnd() ?? '127.0.0.1\tlocalhost', ...extraHosts.map(extraHost), ''].join('\n')
}

/**
 * The host's resolv.conf without name servers that only the host itself can reach; what a container
 * says itself takes the place of what is there of the same kind.
 */
export function resolvConf(hostText: string, dns?: NameService): string {
  const lines = hostText
    .split('\n')
    .filter((line) => /^\s*(nameserver|search|domain|options)\s/.test(line))
    .filter((line) => !/^\s*nameserver\s+(127\.|::1\b|fe80:)/.test(line))
  const kept = lines.filter((line) => !isReplaced(line, dns))
  const own = [
    ...(dns?.servers.map((server) => `nameserver ${server}`) ?? []),
    ...(dns === undefined || dns.search.length === 0 ? [] : [`search ${dns.search.join(' ')}`]),
    ...(dns === undefined || dns.options.length === 0 ? [] : [`options ${dns.options.join(' ')}`]),
  ]
  return [...own, ...kept].map((line) => `${line.trim()}\n`).join('')
}

function isReplaced(line: string, dns: NameService | undefined): boolean {
  if (dns === undefined) return false
  if (/^\s*nameserver\s/.test(line)) return dns.servers.length > 0
  if (/^\s*options\s/.test(line)) return dns.options.length > 0
  return dns.search.length > 0
}

/** systemd-resolved keeps the real name servers beside the file that points to itself. */
/** The name servers that the host uses now. */
export async function hostResolvConf(): Promise<string> {
  for (const path of ['/run/systemd/resolve/resolv.conf', '/etc/resolv.conf']) {
    const text = await readIfThere(path)
    if (text !== undefined) return text
  }
  return ''
}
