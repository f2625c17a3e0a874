import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Container } from '../containers/container.ts'
import { shortId } from '../containers/identity.ts'
import type { ContainerPaths } from '../directories.ts'

/** Writes the /etc/hosts, /etc/hostname and /etc/resolv.conf that a container gets. */
export async function writeEtcFiles(container: Container, paths: ContainerPaths): Promise<void> {
  await mkdir(paths.etc, { recursive: true, mode: 0o755 })
  const hostname = shortId(container.id)
  const files = {
    hostname: `${hostname}\n`,
    hosts: hostsFile(container.network.ipAddress, hostname),
    'resolv.conf': resolvConf(await hostResolvConf()),
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
): Promise<boolean> {
  const file = `${paths.etc}/resolv.conf`
  const wanted = resolvConf(hostText ?? (await hostResolvConf()))
  if (wanted === '' || (await readFile(file, 'utf8')) === wanted) return false
  await writeFile(file, wanted)
  return true
}

export function hostsFile(ipAddress: string, hostname: string): string {
  return [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::\tip6-localnet',
    'ff00::\tip6-mcastprefix',
    'ff02::1\tip6-allnodes',
    'ff02::2\tip6-allrouters',
    `${ipAddress}\t${hostname}`,
    '',
  ].join('\n')
}

/** The host's resolv.conf without name servers that only the host itself can reach. */
export function resolvConf(hostText: string): string {
  const lines = hostText
    .split('\n')
    .filter((line) => /^\s*(nameserver|search|domain|options)\s/.test(line))
    .filter((line) => !/^\s*nameserver\s+(127\.|::1\b|fe80:)/.test(line))
  return lines.map((line) => `${line.trim()}\n`).join('')
}

/** systemd-resolved keeps the real name servers beside the file that points to itself. */
async function hostResolvConf(): Promise<string> {
  for (const path of ['/run/systemd/resolve/resolv.conf', '/etc/resolv.conf']) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text !== undefined) return text
  }
  return ''
}
