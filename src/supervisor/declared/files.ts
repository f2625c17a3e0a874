import { watch } from 'node:fs'
import { problemText } from '../../checked-yaml/problem.ts'
import { isAbsence } from '../../files/absence.ts'
import { describeError, type Log } from '../../journal/log.ts'
import { type Declaration, loadComposeDirectory } from '../compose/directory.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'

/** fs.watch can miss changes, a directory that appears later for one: look again now and then. */
const rescanIntervalMs = 10_000
/** An editor writes a file in several steps. */
const settleMs = 100

export type DeclaredFilesOptions = {
  readonly directory: string
  readonly releaseImages: () => ReleaseImages
  readonly log: Log
  /** Called when the files were read. */
  readonly onRead: () => Promise<void>
}

/** Reads the Compose files of the host, and again when they change. */
export class DeclaredFiles {
  readonly #options: DeclaredFilesOptions
  readonly #closing = new AbortController()
  /** Undefined until it was read: then nothing may be done, or all containers would seem undeclared. */
  #declaration: Declaration | undefined
  #reportedProblems = ''
  #scan: NodeJS.Timeout | undefined
  #interval: NodeJS.Timeout | undefined

  constructor(options: DeclaredFilesOptions) {
    this.#options = options
  }

  get declaration(): Declaration {
    return this.#declaration ?? nothingDeclared
  }

  get wereRead(): boolean {
    return this.#declaration !== undefined
  }

  /** Every file of the directory could be read. */
  get areComplete(): boolean {
    return this.#declaration?.failedFiles.length === 0
  }

  watch(): void {
    const { signal } = this.#closing
    try {
      watch(this.#options.directory, { signal }, () => this.#readSoon()).on('error', () =>
        this.#readSoon(),
      )
    } catch (error) {
      // Not there yet: the regular look will find it.
      if (!isAbsence(error)) throw error
    }
    this.#interval = setInterval(() => this.#readSoon(), rescanIntervalMs)
  }

  async read(): Promise<void> {
    const { directory, releaseImages, log, onRead } = this.#options
    try {
      this.#declaration = await loadComposeDirectory(directory, releaseImages())
    } catch (error) {
      log.error(`cannot read ${directory}: ${describeError(error)}`)
      return
    }
    const problems = this.#declaration.problems.map(problemText).join('\n')
    if (problems !== this.#reportedProblems && problems !== '') log.error(problems)
    this.#reportedProblems = problems
    await onRead()
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#scan)
    clearInterval(this.#interval)
  }

  #readSoon(): void {
    clearTimeout(this.#scan)
    this.#scan = setTimeout(() => void this.read(), settleMs)
  }
}

const nothingDeclared: Declaration = { projects: [], problems: [], failedFiles: [] }
