import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isSlipwayError } from '../errors/error.ts'
import { packageErrors } from '../errors/packages.ts'
import { readIfThere } from '../files/absence.ts'
import { writeDurably } from '../pipeline/durable.ts'
import { acquireLock } from '../pipeline/lock.ts'
import { run } from '../pipeline/program.ts'
import { canonical, sha256 } from '../pipeline/stage.ts'
import type { Sources } from './sources.ts'

/** One Debian package at one version, as the signed index of its archive describes it. */
export type Package = {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly source: { readonly name: string; readonly version: string }
  readonly sha256: string
  readonly sizeBytes: number
  readonly homepage?: string
}

/**
 * A private apt: its own sources, keys, lists and cache, nothing of the machine's, and no record of
 * installed packages, so that a resolution starts from nothing. apt checks the archive's signature
 * and each package's digest.
 */
export class Archive {
  readonly #directory: string
  readonly #signal: AbortSignal

  private constructor(directory: string, signal: AbortSignal) {
    this.#directory = directory
    this.#signal = signal
  }

  static async open(cache: string, sources: Sources, signal: AbortSignal): Promise<Archive> {
    const directory = join(cache, 'apt', sha256(sources.lines.join('\n')).slice(0, 16))
    for (const name of ['lists/partial', 'archives/partial', 'etc/preferences.d', 'log'])
      await mkdir(join(directory, name), { recursive: true })
    // Untouched files keep apt's own cache valid.
    await replace(join(directory, 'status'), '')
    await replace(join(directory, 'etc/sources.list'), `${sources.lines.join('\n')}\n`)
    await replace(join(directory, 'apt.conf'), configuration(directory))
    return new Archive(directory, signal)
  }

  /** Brings the archive's indexes up to date, their signatures checked. */
  async update(): Promise<void> {
    await this.#exclusively(() => this.#apt('apt-get', ['update', '--error-on=any']))
  }

  /**
   * What would be installed for these names: them and all that they depend on, by name. It follows from
   * the signed indexes alone, so it is asked of apt once for each state of them.
   */
  async resolve(names: readonly string[], image: string, suite: string): Promise<Package[]> {
    const question = sha256(canonical([names, await this.#releases()]))
    const known = join(this.#directory, 'resolved', `${question}.json`)
    const text = await readIfThere(known)
    if (text !== undefined) return JSON.parse(text) as Package[]
    const packages = await this.#askApt(names, image, suite)
    await mkdir(dirname(known), { recursive: true })
    await writeDurably(known, JSON.stringify(packages))
    return packages
  }

  /** Digests of the signed files that pin the indexes. */
  async #releases(): Promise<string[]> {
    const lists = join(this.#directory, 'lists')
    const names = (await readdir(lists)).filter((name) => /Release$/.test(name)).sort()
    return await Promise.all(names.map(async (name) => sha256(await readFile(join(lists, name)))))
  }

  async #askApt(names: readonly string[], image: string, suite: string): Promise<Package[]> {
    let simulation: string
    try {
      simulation = await this.#apt('apt-get', ['install', '--simulate', '-qq', ...names])
    } catch (error) {
      throw explainResolution(error, image, suite)
    }
    const chosen = [...simulation.matchAll(/^Inst (\S+) \((\S+) /gm)].map(
      ([, name, version]) => `${name}=${version}`,
    )
    const records = await this.#apt('apt-cache', ['show', '--no-all-versions', ...chosen])
    return parseRecords(records).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Fetches the packages that are not there yet; gives each one's file by its SHA-256. */
  async fetch(packages: readonly Package[]): Promise<ReadonlyMap<string, string>> {
    const versions = packages.map(({ name, version }) => `${name}=${version}`)
    await this.#exclusively(async () => {
      try {
        await this.#apt('apt-get', ['install', '--download-only', '--yes', '-qq', ...versions])
      } catch (error) {
        throw explainDownload(error)
      }
    })
    return new Map(packages.map((each) => [each.sha256, this.file(each)]))
  }

  /** Where apt keeps a fetched package. */
  file({ name, version, architecture }: Package): string {
    const escaped = version.replaceAll(':', '%3a')
    return join(this.#directory, 'archives', `${name}_${escaped}_${architecture}.deb`)
  }

  async #exclusively<T>(action: () => Promise<T>): Promise<T> {
    const lock = await acquireLock(join(this.#directory, 'lock'), this.#signal)
    try {
      return await action()
    } finally {
      await lock.release()
    }
  }

  async #apt(program: string, parameters: string[]): Promise<string> {
    try {
      return await run(program, parameters, {
        signal: this.#signal,
        env: { APT_CONFIG: join(this.#directory, 'apt.conf'), DEBIAN_FRONTEND: 'noninteractive' },
        doing: 'fetching packages',
      })
    } catch (error) {
      throw explainIndexes(error)
    }
  }
}

function configuration(directory: string): string {
  const settings: Record<string, string> = {
    Dir: directory,
    'Dir::State': directory,
    'Dir::State::status': `${directory}/status`,
    'Dir::State::lists': `${directory}/lists`,
    'Dir::Cache': directory,
    'Dir::Cache::archives': `${directory}/archives`,
    'Dir::Etc': `${directory}/etc`,
    'Dir::Etc::sourcelist': `${directory}/etc/sources.list`,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::trusted': '/dev/null',
    'Dir::Etc::trustedparts': '/dev/null',
    'Dir::Log': `${directory}/log`,
    'APT::Architecture': 'amd64',
    'APT::Install-Recommends': 'false',
    'APT::Get::AllowUnauthenticated': 'false',
    'Acquire::AllowInsecureRepositories': 'false',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Acquire::http::Timeout': '20',
    'APT::Sandbox::User': '',
    'Binary::apt-get::Acquire::AllowInsecureRepositories': 'false',
    'APT::Keep-Downloaded-Packages': 'true',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`)
  return `#clear DPkg::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n#clear APT::Architectures;\nAPT::Architectures { "amd64"; };\n${lines.join('\n')}\n`
}

/** Reads the control paragraphs that `apt-cache show` prints. */
export function parseRecords(text: string): Package[] {
  return text
    .trim()
    .split(/\n\n+/)
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1]
      const required = (name: string) => {
        const value = field(name)
        if (value === undefined) throw new Error(`apt-cache gave a package without ${name}`)
        return value
      }
      const name = required('Package')
      const version = required('Version')
      const source = /^(\S+)(?: \((.*)\))?$/.exec(field('Source') ?? name)
      const homepage = field('Homepage')
      return {
        name,
        version,
        architecture: required('Architecture'),
        source: { name: source?.[1] ?? name, version: source?.[2] ?? version },
        sha256: required('SHA256'),
        sizeBytes: Number(required('Size')),
        ...(homepage !== undefined && { homepage }),
      }
    })
}

function explainIndexes(error: unknown): unknown {
  if (!isSlipwayError(error, 'SLIPWAY_BUILD_PROGRAM_FAILED')) return error
  const output = aptErrors(String(error.details.output))
  if (/NO_PUBKEY|is not signed|signatures? (couldn't|were invalid)|BADSIG|EXPKEYSIG/.test(output))
    return packageErrors.error('SLIPWAY_PACKAGES_UNTRUSTED', { output }, error)
  if (/Failed to fetch|Could not (resolve|connect)|does not have a Release file/.test(output))
    return packageErrors.error('SLIPWAY_PACKAGES_MIRROR_UNREACHABLE', { output }, error)
  return error
}

function explainResolution(error: unknown, image: string, suite: string): unknown {
  if (!isSlipwayError(error, 'SLIPWAY_BUILD_PROGRAM_FAILED')) return error
  const output = String(error.details.output)
  const missing = [
    ...output.matchAll(
      /Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate|Version '(\S+)' for '(\S+)' was not found/g,
    ),
  ].map(([, located, candidate, version, held]) => located ?? candidate ?? `${held}=${version}`)
  if (missing.length > 0)
    return packageErrors.error(
      'SLIPWAY_PACKAGES_NOT_FOUND',
      { names: missing.join(', '), suite, image },
      error,
    )
  return packageErrors.error(
    'SLIPWAY_PACKAGES_UNSATISFIABLE',
    { output: aptErrors(output), image },
    error,
  )
}

function explainDownload(error: unknown): unknown {
  if (isSlipwayError(error, 'SLIPWAY_PACKAGES_MIRROR_UNREACHABLE'))
    return packageErrors.error(
      'SLIPWAY_PACKAGES_DOWNLOAD_FAILED',
      { output: String(error.details.output) },
      error,
    )
  if (!isSlipwayError(error, 'SLIPWAY_BUILD_PROGRAM_FAILED')) return error
  const output = String(error.details.output)
  const gone = [...output.matchAll(/Version '(\S+)' for '(\S+)' was not found/g)]
  if (gone.length > 0)
    return packageErrors.error(
      'SLIPWAY_PACKAGES_LOCKED_VERSION_GONE',
      { names: gone.map(([, version, name]) => `${name} ${version}`).join(', ') },
      error,
    )
  return packageErrors.error(
    'SLIPWAY_PACKAGES_DOWNLOAD_FAILED',
    { output: aptErrors(output) },
    error,
  )
}

function aptErrors(output: string): string {
  const lines = output.split('\n').filter((line) => /^[EW]:/.test(line))
  return (lines.length > 0 ? lines : output.split('\n')).join('; ')
}

async function replace(path: string, text: string): Promise<void> {
  if ((await readIfThere(path)) !== text) await writeDurably(path, text)
}
