import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { acquireLock, tryLock } from './lock.ts'
import { run } from './program.ts'
import {
  type Components,
  canonical,
  keyComponents,
  type Result,
  type Stage,
  sha256,
  stageKey,
} from './stage.ts'

/** How many results of one stage are kept; older ones go when a build ends. */
const RESULTS_KEPT = 4

/** Why a stage ran, or that it did not have to. */
export type Reason =
  | { readonly kind: 'cached' }
  | { readonly kind: 'first run' }
  | { readonly kind: 'changed'; readonly inputs: readonly string[] }
  | { readonly kind: 'result gone' }

export type StageEvent = { readonly stage: string; readonly title: string } & (
  | { readonly type: 'started'; readonly reason: Reason }
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'finished'; readonly reason: Reason; readonly tookMs: number }
  | { readonly type: 'failed'; readonly error: unknown }
)

/**
 * Runs stages and keeps their results, keyed by content of the inputs, below one directory.
 *
 * A result appears by rename after its files have reached the disk, so nothing half-written is ever
 * taken for one. Builds that run at once share the store: whoever comes second to a key waits for the
 * first and takes its result.
 */
export class Store {
  readonly directory: string
  readonly #signal: AbortSignal
  readonly #emit: (event: StageEvent) => void

  constructor(
    directory: string,
    options: { signal: AbortSignal; emit: (event: StageEvent) => void },
  ) {
    this.directory = directory
    this.#signal = options.signal
    this.#emit = options.emit
  }

  /** The result of a stage for these inputs: the stored one, or that of a run now. */
  async run<Inputs extends object, File extends string, Facts>(
    stage: Stage<Inputs, File, Facts>,
    inputs: Inputs,
  ): Promise<Result<File, Facts>> {
    const components = keyComponents(stage, inputs)
    const key = stageKey(stage.name, components)
    const event = { stage: stage.name, title: stage.title }
    const startMs = performance.now()
    const stored = await this.#stored(stage, key)
    if (stored) {
      this.#emit({ ...event, type: 'finished', reason: { kind: 'cached' }, tookMs: 0 })
      await this.#remember(stage.name, key, components)
      return stored
    }
    const lock = await acquireLock(this.#path('locks', `${stage.name}-${key}`), this.#signal)
    try {
      const byAnother = await this.#stored(stage, key)
      if (byAnother) {
        this.#emit({ ...event, type: 'finished', reason: { kind: 'cached' }, tookMs: 0 })
        return byAnother
      }
      const reason = await this.#reason(stage.name, key, components)
      this.#emit({ ...event, type: 'started', reason })
      const result = await this.#execute(stage, inputs, key)
      await this.#remember(stage.name, key, components)
      this.#emit({ ...event, type: 'finished', reason, tookMs: performance.now() - startMs })
      return result
    } catch (error) {
      this.#emit({ ...event, type: 'failed', error })
      throw error
    } finally {
      await lock.release()
    }
  }

  /** Removes what interrupted builds left, and results that have not been used for longest. */
  async sweep(): Promise<void> {
    for (const name of await list(this.#path('work'))) {
      const lock = await tryLock(this.#path('locks', name))
      if (!lock) continue
      await removeTree(this.#path('work', name))
      await lock.release()
    }
    for (const stage of await list(this.#path('results'))) {
      const results = await Promise.all(
        (await list(this.#path('results', stage))).map(async (key) => ({
          key,
          usedMs: (await stat(this.#path('results', stage, key))).mtimeMs,
        })),
      )
      results.sort((a, b) => b.usedMs - a.usedMs)
      for (const { key } of results.slice(RESULTS_KEPT)) {
        const lock = await tryLock(this.#path('locks', `${stage}-${key}`))
        if (!lock) continue
        await removeTree(this.#path('results', stage, key))
        await lock.release({ remove: true })
      }
    }
  }

  async #execute<Inputs extends object, File extends string, Facts>(
    stage: Stage<Inputs, File, Facts>,
    inputs: Inputs,
    key: string,
  ): Promise<Result<File, Facts>> {
    const work = this.#path('work', `${stage.name}-${key}`)
    await removeTree(work)
    const directory = join(work, 'result')
    const scratch = join(work, 'scratch')
    await mkdir(directory, { recursive: true })
    await mkdir(scratch)
    try {
      this.#signal.throwIfAborted()
      const facts = await stage.run(inputs, {
        directory,
        scratch,
        signal: this.#signal,
        progress: (text) =>
          this.#emit({ type: 'progress', stage: stage.name, title: stage.title, text }),
      })
      this.#signal.throwIfAborted()
      const digest = await outputsDigest(stage, directory, key, facts)
      await writeDurably(join(directory, 'result.json'), JSON.stringify({ digest, facts }))
      await syncFileSystem(directory)
      const final = this.#path('results', stage.name, key)
      await mkdir(this.#path('results', stage.name), { recursive: true })
      await rename(directory, final)
      await syncDirectory(this.#path('results', stage.name))
      return describe(stage, key, final, digest, facts)
    } finally {
      await removeTree(work)
    }
  }

  async #stored<Inputs, File extends string, Facts>(
    stage: Stage<Inputs, File, Facts>,
    key: string,
  ): Promise<Result<File, Facts> | undefined> {
    const directory = this.#path('results', stage.name, key)
    const text = await readIfThere(join(directory, 'result.json'))
    if (text === undefined) return undefined
    const { digest, facts } = JSON.parse(text) as { digest: string; facts: Facts }
    const now = new Date()
    await utimes(directory, now, now)
    return describe(stage, key, directory, digest, facts)
  }

  async #reason(stage: string, key: string, components: Components): Promise<Reason> {
    const text = await readIfThere(this.#path('last', `${stage}.json`))
    if (text === undefined) return { kind: 'first run' }
    const last = JSON.parse(text) as { key: string; components: Components }
    if (last.key === key) return { kind: 'result gone' }
    const names = new Set([...Object.keys(last.components), ...Object.keys(components)])
    const changed = [...names].filter((name) => last.components[name] !== components[name])
    return { kind: 'changed', inputs: changed.sort() }
  }

  async #remember(stage: string, key: string, components: Components): Promise<void> {
    await mkdir(this.#path('last'), { recursive: true })
    await writeDurably(this.#path('last', `${stage}.json`), canonical({ key, components }))
  }

  #path(...parts: string[]): string {
    return join(this.directory, ...parts)
  }
}

function describe<Inputs, File extends string, Facts>(
  stage: Stage<Inputs, File, Facts>,
  key: string,
  directory: string,
  digest: string,
  facts: Facts,
): Result<File, Facts> {
  const files = Object.fromEntries(
    Object.entries<string>(stage.files).map(([name, path]) => [name, join(directory, path)]),
  ) as Record<File, string>
  return { stage: stage.name, key, digest, directory, files, facts }
}

/** Files count by their content, folders by the key of the run that made them. */
async function outputsDigest<Inputs>(
  stage: Stage<Inputs>,
  directory: string,
  key: string,
  facts: unknown,
): Promise<string> {
  const digests: Record<string, string> = {}
  for (const [name, path] of Object.entries(stage.files)) {
    const information = await stat(join(directory, path))
    digests[name] = information.isDirectory() ? key : await fileDigest(join(directory, path))
  }
  return sha256(canonical({ digests, facts }))
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** Data of a whole result reaches the disk before its name does. */
async function syncFileSystem(directory: string): Promise<void> {
  await run('sync', ['--file-system', directory])
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  await handle.sync().finally(() => handle.close())
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}
