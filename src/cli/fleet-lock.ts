import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { fleetErrors } from '../errors/fleet.ts'
import { isGroup } from '../fleet/lock-request.ts'
import { startLockServer, type TlsFiles } from '../fleet/lock-server.ts'
import { loadLocks } from '../fleet/lock-state.ts'
import { type FleetLockClient, releaseLock } from '../update/lock/fleet-lock.ts'
import { interruption } from './interruption.ts'

export function fleetLockCommand(): Command {
  const command = new Command('fleet-lock').description(
    'Let the hosts of a fleet reboot a few at a time.',
  )
  for (const each of [serveCommand(), listCommand(), releaseCommand()]) command.addCommand(each)
  return command
}

function serveCommand(): Command {
  return new Command('serve')
    .description('Serve the FleetLock protocol from this machine until Ctrl-C.')
    .requiredOption('--listen <host:port>', 'where to listen, such as 127.0.0.1:4180 or [::]:4180')
    .requiredOption('--state <file>', 'where the locks are kept')
    .requiredOption(
      '--group <name=slots>',
      'how many hosts of a group may reboot at a time; once for each group',
      (value: string, groups: string[] = []) => [...groups, value],
    )
    .option('--tls-certificate <file>', 'the certificate and its chain, PEM')
    .option('--tls-key <file>', 'the key of the certificate, PEM')
    .action(serve)
}

type ServeOptions = {
  listen: string
  state: string
  group: string[]
  tlsCertificate?: string
  tlsKey?: string
}

async function serve(options: ServeOptions): Promise<void> {
  const signal = interruption()
  const tls = await tlsFiles(options)
  const server = await startLockServer({
    ...parseListen(options.listen),
    slots: parseGroups(options.group),
    stateFile: resolve(options.state),
    ...(tls !== undefined && { tls }),
    log: (line) => process.stderr.write(`slipway fleet-lock: ${line}\n`),
  })
  process.stdout.write(`${server.url}\n`)
  if (!signal.aborted)
    await new Promise((resume) => signal.addEventListener('abort', resume, { once: true }))
  await server.close()
}

function listCommand(): Command {
  return new Command('list')
    .description('Who holds a lock, by the file in which a server keeps them.')
    .requiredOption('--state <file>', 'where the locks are kept')
    .option('--json', 'as JSON')
    .action(async ({ state, json }: { state: string; json?: true }) => {
      const locks = Object.entries(await loadLocks(resolve(state))).flatMap(([group, holders]) =>
        holders.map(({ id, since }) => ({ group, id, since })),
      )
      const text = json
        ? `${JSON.stringify(locks, undefined, 2)}\n`
        : locks.map(({ group, id, since }) => `${group}  ${id}  since ${since}\n`).join('')
      process.stdout.write(text)
    })
}

function releaseCommand(): Command {
  return new Command('release')
    .description('Tell a server that a host is done, for one that will not say so itself any more.')
    .requiredOption('--server <url>', 'the server’s base address')
    .requiredOption('--group <name>', 'the group of the lock')
    .requiredOption('--id <id>', 'the holder, as list shows it')
    .option('--ca <file>', 'certificates that the server’s must come from, PEM')
    .action(release)
}

async function release(options: {
  server: string
  group: string
  id: string
  ca?: string
}): Promise<void> {
  const url = URL.parse(options.server)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw invalidOption('--server', 'an http(s) URL', options.server)
  const ca = options.ca === undefined ? undefined : await readCertificates(options.ca)
  const { group, id } = options
  const client: FleetLockClient = {
    url: url.href.endsWith('/') ? url.href : `${url.href}/`,
    group,
    id,
    attempts: 1,
    ...(ca !== undefined && { ca }),
  }
  const answer = await releaseLock(client)
  if (answer.kind === 'granted') return
  const { errorKind, reason } = answer
  const details = { id, group, reason, kind: errorKind }
  throw fleetErrors.error('SLIPWAY_FLEET_LOCK_NOT_RELEASED', details)
}

async function readCertificates(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw invalidOption('--ca', 'a file that can be read', file, cause)
  })
}

function parseListen(text: string): { host: string; port: number } {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text)
  const [, ipv6, name, port] = found ?? []
  const host = ipv6 ?? name
  if (host === undefined || Number(port) > 65535) throw invalidOption('--listen', 'HOST:PORT', text)
  return { host, port: Number(port) }
}

function parseGroups(texts: readonly string[]): ReadonlyMap<string, number> {
  const slots = new Map<string, number>()
  for (const text of texts) {
    const [, name = '', count] = /^(.*)=([1-9]\d{0,4})$/.exec(text) ?? []
    if (!isGroup(name))
      throw invalidOption(
        '--group',
        'NAME=SLOTS, with letters, digits, dots and dashes as name and at least one slot',
        text,
      )
    if (slots.has(name)) throw invalidOption('--group', 'each group once', text)
    slots.set(name, Number(count))
  }
  return slots
}

async function tlsFiles({ tlsCertificate, tlsKey }: ServeOptions): Promise<TlsFiles | undefined> {
  if (tlsCertificate === undefined && tlsKey === undefined) return undefined
  if (tlsCertificate === undefined)
    throw invalidOption('--tls-certificate', 'a file, since there is --tls-key', '')
  if (tlsKey === undefined)
    throw invalidOption('--tls-key', 'a file, since there is --tls-certificate', '')
  const read = async (file: string) => ({
    file,
    text: await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      const details = { certificate: tlsCertificate, key: tlsKey, reason: error.message }
      throw fleetErrors.error('SLIPWAY_FLEET_TLS_INVALID', details, error)
    }),
  })
  return { certificate: await read(tlsCertificate), key: await read(tlsKey) }
}

function invalidOption(option: string, expected: string, found: string, cause?: unknown) {
  return fleetErrors.error('SLIPWAY_FLEET_OPTION_INVALID', { option, expected, found }, cause)
}
