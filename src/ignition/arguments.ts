import { ignitionErrors } from '../errors/ignition.ts'
import { parseDuration } from '../supervisor/compose/duration.ts'
import { platforms } from './providers/registry.ts'

/**
 * The stages in the order of a boot, then all of them together, as a boot has them without network and with it; last what
 * tells of a failure.
 */
export const stageNames = [
  'fetch-offline',
  'fetch',
  'kargs',
  'disks',
  'mount',
  'files',
  'umount',
  'all-offline',
  'all',
  'report',
] as const
export type StageName = (typeof stageNames)[number]

export type Arguments = {
  readonly platform: string
  readonly stage: StageName
  /** The directory that becomes the host's root. */
  readonly root: string
  /** Where the stage fetch leaves the config for the stages after it. */
  readonly configCache: string
  /** Where it leaves what the config was made of. */
  readonly stateFile: string
  /** Made by fetch-offline and all-offline when the network is needed. */
  readonly needsNetFile: string
  /** For all tries of the first config together; 0 is without limit. */
  readonly fetchTimeoutMs: number
  /** There is no network: what needs it is refused, not waited for. */
  readonly offline: boolean
  readonly clearCache: boolean
  readonly logToStdout: boolean
}

/** Instead of work, a text. */
export type Question = 'help' | 'version'

export const usage = `Usage: slipway-host ignition -platform NAME -stage NAME [OPTIONS]

Options, as those of the reference implementation; one dash or two, and = or a space before a value:
  -platform NAME        ${wrapped(platforms)};
                        unless told, ignition.platform.id= of the kernel's command line
  -stage NAME           ${stageNames.join(', ')}
  -root DIRECTORY       what becomes the host's root (/)
  -config-cache FILE    the config, from fetch to the stages after it (/run/ignition.json)
  -state-file FILE      what the config was made of (/run/ignition/state)
  -neednet FILE         made by fetch-offline and all-offline when the network is needed
                        (/run/ignition/neednet); also -needs-net
  -fetch-timeout TIME   for the first config, such as 90s or 2m; 0 waits for ever (2m)
  -offline              there is no network: refuse what needs it instead of waiting for it
  -clear-cache          forget what an earlier run fetched
  -log-to-stdout        log to standard output instead of standard error
  -version              print the version
  -help                 this text

Exit status: 0 done, or done before; 1 failed; 2 wrong arguments.
`

const texts = {
  platform: '',
  stage: '',
  root: '/',
  'config-cache': '/run/ignition.json',
  'state-file': '/run/ignition/state',
  neednet: '/run/ignition/neednet',
  'fetch-timeout': '2m',
}
const flags = {
  offline: false,
  'clear-cache': false,
  'log-to-stdout': false,
  version: false,
  help: false,
}
const otherNames: Readonly<Record<string, string>> = { 'needs-net': 'neednet', h: 'help' }

/**
 * Reads the command line, named as the reference implementation's; throws SLIPWAY_IGNITION_USAGE.
 * Without -platform the image's own counts: `ignition.platform.id=` of the kernel's command line.
 */
export function readArguments(
  argv: readonly string[],
  kernelCommandLine: () => string = () => '',
): Arguments | Question {
  const { text, flag } = read(argv)
  if (flag.help) return 'help'
  if (flag.version) return 'version'
  const stage = stageNames.find((name) => name === text.stage)
  if (stage === undefined) throw misuse(`-stage must be one of ${stageNames.join(', ')}`)
  const platform = text.platform || (kernelPlatform(kernelCommandLine()) ?? '')
  if (!platforms.includes(platform)) {
    const place = text.platform ? '-platform' : 'ignition.platform.id= of the kernel’s command line'
    const what =
      platform === '' ? `neither -platform nor ${place} is given` : `${place} is not known`
    throw misuse(`${what}: it must be one of ${platforms.join(', ')}`)
  }
  // The reference's own tests give an empty one to stages that do not need it.
  const root = text.root === '' ? '/' : text.root
  if (!root.startsWith('/')) throw misuse('-root must be an absolute path')
  return {
    platform,
    stage,
    root,
    configCache: text['config-cache'],
    stateFile: text['state-file'],
    needsNetFile: text.neednet,
    fetchTimeoutMs: timeMs('fetch-timeout', text['fetch-timeout']),
    offline: flag.offline,
    clearCache: flag['clear-cache'],
    logToStdout: flag['log-to-stdout'],
  }
}

function kernelPlatform(commandLine: string): string | undefined {
  return commandLine
    .split(/\s+/)
    .map((word) => /^ignition\.platform\.id=(.+)$/.exec(word)?.[1])
    .findLast((platform) => platform !== undefined)
}

/** Flags as Go's package flag reads them: `-x`, `--x`, `-x=value`, `-x value`, and `-x=false`. */
function read(argv: readonly string[]): { text: typeof texts; flag: typeof flags } {
  const text = { ...texts }
  const flag = { ...flags }
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, given, assigned] = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(word) ?? []
    const name = given === undefined ? '' : (otherNames[given] ?? given)
    if (isKeyOf(flag, name)) {
      flag[name] = truth(name, assigned)
    } else if (isKeyOf(text, name)) {
      const value = assigned ?? words.shift()
      if (value === undefined) throw misuse(`-${given} needs a value`)
      text[name] = value
    } else throw misuse(`${word} is not an option`)
  }
  return { text, flag }
}

function timeMs(name: string, text: string): number {
  if (text === '0') return 0
  try {
    return parseDuration(text)
  } catch (error) {
    if (error instanceof RangeError) throw misuse(`-${name}: ${error.message}`)
    throw error
  }
}

function truth(name: string, assigned: string | undefined): boolean {
  if (assigned === undefined || /^(?:1|t|true)$/i.test(assigned)) return true
  if (/^(?:0|f|false)$/i.test(assigned)) return false
  throw misuse(`-${name} is true or false`)
}

function isKeyOf<Known extends object>(known: Known, name: string): name is keyof Known & string {
  return Object.hasOwn(known, name)
}

function wrapped(names: readonly string[]): string {
  const lines: string[][] = [[]]
  for (const name of names) {
    const line = lines.at(-1)
    if (line === undefined || [...line, name].join(', ').length > 70) lines.push([name])
    else line.push(name)
  }
  return lines.map((line) => line.join(', ')).join(',\n                        ')
}

function misuse(mistake: string) {
  return ignitionErrors.error('SLIPWAY_IGNITION_USAGE', { mistake })
}
