import { basename } from 'node:path'
import type { SlipwayError } from './errors/error.ts'

// Commands are required when they are called: a client must not pay for the daemon's modules.

declare const SLIPWAY_VERSION: string | undefined

/** The bundler puts the release's version in; from a checkout there is none. */
const version = typeof SLIPWAY_VERSION === 'string' ? SLIPWAY_VERSION : '0.0.0-dev'

const usage = `Usage: slipway-host COMMAND [OPTIONS]

Commands:
  supervisor   keep the containers of this host as declared
  ctl          see the containers and updates of this host; the same as slipctl
  update       take one turn of the update agent
  stop-containers  have the supervisor stop all containers, since the host goes down
  ignition     carry out the first boot's config
  open-volume  open a volume that tang servers open; for units of the host
  open-root    open the devices of a root that a config put elsewhere; for the initrd
  identify-disk  give this machine's disk UUIDs of its own
  health       check whether this host is as well as before its update
  verdict      after a boot that was not found good: note why, and reboot if there is another release

Options:
  --version    print the version
  --help       this text; COMMAND --help tells about a command
`

/** What units call; a word that is none of theirs must not reboot the host. */
const withoutOptions = new Map<string, () => Promise<number>>([
  ['open-root', async () => (await import('./ignition/other-root/main.ts')).openRoot()],
  ['identify-disk', async () => (await import('./host/disk-identity.ts')).identifyDisk()],
  ['health', async () => (await import('./update/health/main.ts')).checkHealth()],
  ['verdict', async () => (await import('./update/health/verdict.ts')).giveVerdict()],
])

async function main(name: string, programArguments: readonly string[]): Promise<number> {
  if (name === 'slipctl') return await slipctl(programArguments)
  const [command = '', ...rest] = programArguments
  const run = withoutOptions.get(command)
  if (run !== undefined) return rest.length === 0 ? await run() : explain(command, rest)
  switch (command) {
    case 'supervisor':
      return await (await import('./supervisor/main.ts')).main(rest, version)
    case 'ctl':
      return await slipctl(rest)
    case 'update':
      return await (await import('./update/agent/main.ts')).main(rest)
    case 'stop-containers':
      return await (await import('./host/stop-containers.ts')).stopContainers(rest)
    case 'ignition':
      return await (await import('./ignition/main.ts')).main(rest)
    case 'open-volume':
      return await (await import('./ignition/open-volume/main.ts')).openVolume(rest)
    case '--version':
      process.stdout.write(`${version}\n`)
      return 0
    case '--help':
    case '-h':
      process.stdout.write(usage)
      return 0
    case '':
      process.stderr.write(usage)
      return 2
    default:
      process.stderr.write(`slipway-host: unknown command "${command}"\n\n${usage}`)
      return 2
  }
}

/** Tells about a command of units; its exit status is that of a mistake unless it was asked for. */
function explain(command: string, words: readonly string[]): number {
  const about = new RegExp(`^ +${command} +(.*)$`, 'm').exec(usage)?.[1]
  const text = `Usage: slipway-host ${command}\n\nUnits of the host call it: ${about}.\n`
  if (words.length === 1 && /^(?:--help|-h)$/.test(words[0] ?? '')) {
    process.stdout.write(text)
    return 0
  }
  process.stderr.write(
    `slipway-host: ${command} takes no options, found ${words.join(' ')}\n${text}`,
  )
  return 2
}

async function slipctl(programArguments: readonly string[]): Promise<number> {
  return await (await import('./slipctl/main.ts')).main(programArguments, version)
}

/** What happened and what to do about it; the stack only for what nobody foresaw. */
function report(name: string, error: unknown): number {
  if (!(error instanceof Error)) {
    process.stderr.write(`${name}: ${String(error)}\n`)
    return 1
  }
  if (error.name === 'SlipwayError') {
    const { message, next, code, exitStatus } = error as SlipwayError
    process.stderr.write(`${name}: ${message} [${code}]\n${next === undefined ? '' : `${next}\n`}`)
    return exitStatus
  }
  if ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(`${name}: ${error.message}\n`)
    return 2
  }
  process.stderr.write(`${name}: ${error.stack ?? error.message}\n`)
  return 1
}

/** Called by a link's name, the executable is that command. A single executable has no script argument of its own. */
const name = basename(process.argv0) === 'slipctl' ? 'slipctl' : 'slipway-host'

main(name, process.argv.slice(2))
  .catch((error: unknown) => report(name, error))
  .then((status) => {
    process.exitCode = status
  })
