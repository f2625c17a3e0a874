import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn, readIfThere } from '../files/absence.ts'
import { syncDirectory } from '../files/atomic.ts'
import { syncFileSystem, writeDurably } from './durable.ts'
import { acquireLock, type Lock, tryLock } from './lock.ts'
import { outputsDigest } from './outputs-digest.ts'
import {
  type Components,
  canonical,
  keyComponents,
  type Result,
  type Stage,
  stageKey,
} from './stage.ts'
import { explainSystemError } from './system-error.ts'

/** How many results of one stage are kept; older ones go when a build starts. */
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
  /** Ended before its end, because another stage failed or the build was interrupted. */
  | { readonly type: 'stopped' }
)

export type StoreOptions = {
  readonly signal: AbortSignal
  readonly emit: (event: StageEvent) => void
  /** What is built: the reasons that events give compare with its last build. */
  readonly subject?: string
}

/**
 * Runs stages and keeps their results, keyed by content of the inputs, below one directory:
 *
 * - `results/<stage>/<key>`: a result appears by rename after its files have reached the disk, so nothing
 *   half-written is ever taken for one; it goes by rename too, so neither is anything half-removed.
 * - `work/`: a folder of its own for each run, gone when it ends. What a killed build's programs still
 *   write cannot come into the next one's way.
 * - `locks/`: whoever comes second to a key waits for the first and takes its result.
 * - `use.lock`: held shared by every build while it has results in its hands. `sweep` takes it alone.
 * - `last/<subject>/`: the inputs of the last build, which tell why a stage runs.
 */
export class Store {
  readonly directory: string
  readonly #subject: string
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #emit: (event: StageEvent) => void
  readonly #running = new Set<Promise<unknown>>()
  #use: Promise<Lock> | undefined

  constructor(directory: string, { signal, emit, subject = 'any' }: StoreOptions) {
    this.directory = directory
    this.#subject = subject
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
    this.#emit = emit
  }

  /**
   * The result of a stage for these inputs: the stored one, or that of a run now. When it fails, the
   * store's other stages are stopped.
   */
  async run<Inputs extends object, File extends string, Facts>(
    stage: Stage<Inputs, File, Facts>,
    inputs: Inputs,
  ): Promise<Result<File, Facts>> {
    const running = this.#storedOrRun(stage, inputs)
    const settled = running.then(
      () => {},
      (error: unknown) => this.#stop.abort(error),
    )
    this.#running.add(settled)
    settled.finally(() => this.#running.delete(settled))
    return await running
  }

  /** Stops what still runs, waits until it has cleaned up, and lets others sweep. */
  async close(): Promise<void> {
    if (this.#running.size > 0) this.#stop.abort(new Error('the build has ended'))
    await Promise.all(this.#running)
    const use = await this.#use?.catch(() => undefined)
    this.#use = undefined
    await use?.release()
  }

  /**
   * Removes what interrupted builds left, and results that have not been used for longest. Does nothing
   * while a build uses the store.
   */
  async sweep(): Promise<void> {
    await mkdir(this.directory, { recursive: true })
    const alone = await tryLock(this.#path('use.lock'))
    if (!alone) return
    try {
      for (const stage of await namesIn(this.#path('results')))
        for (const key of await this.#unused(stage)) await this.#discard(stage, key)
      await removeTree(this.#path('work'))
      // Nobody waits for them: who holds or wants one holds use.lock.
      await removeTree(this.#path('locks'))
    } finally {
      await alone.release()
    }
  }

  async #storedOrRun<Inputs extends object, File extends string, Facts>(
    stage: Stage<Inputs, File, Facts>,
    inputs: Inputs,
  ): Promise<Result<File, Facts>> {
    const event = { stage: stage.name, title: stage.title }
    try {
      await this.#useStore()
      const components = keyComponents(stage, inputs)
      const key = stageKey(stage.name, components)
      const stored = await this.#stored(stage, key)
      if (stored) {
        await this.#remember(stage.name, key, components)
        this.#emit({ ...event, type: 'finished', reason: { kind: 'cached' }, tookMs: 0 })
        return stored
      }
      return await this.#locked(event, key, async () => {
        const startMs = performance.now()
        const byAnother = await this.#stored(stage, key)
        const reason: Reason = byAnother
          ? { kind: 'cached' }
          : await this.#reason(stage.name, key, components)
        if (!byAnother) this.#emit({ ...event, type: 'started', reason })
        const result = byAnother ?? (await this.#execute(stage, inputs, key))
        await this.#remember(stage.name, key, components)
        this.#emit({ ...event, type: 'finished', reason, tookMs: performance.now() - startMs })
        return result
      })
    } catch (cause) {
      const error = explainSystemError(cause, this.directory, stage.title)
      if (this.#signal.aborted) this.#emit({ ...event, type: 'stopped' })
      else this.#emit({ ...event, type: 'failed', error })
      throw error
    }
  }

  async #useStore(): Promise<void> {
    this.#use ??= acquireLock(this.#path('use.lock'), this.#signal, { shared: true })
    await this.#use
  }

  async #locked<T>(
    event: { stage: string; title: string },
    key: string,
    action: () => Promise<T>,
  ): Promise<T> {
    const path = this.#path('locks', `${event.stage}-${key}`)
    let lock = await tryLock(path)
    if (!lock) {
      this.#emit({ ...event, type: 'progress', text: 'waiting for another build' })
      lock = await acquireLock(path, this.#signal)
    }
    try {
      return await action()
    } finally {
      await lock.release()
    }
  }

  async #execute<Inputs extends object, File extends string, Facts>(
    stage: Stage<Inputs, File, Facts>,
    inputs: Inputs,
    key: string,
  ): Promise<Result<File, Facts>> {
    const work = this.#path('work', `${stage.name}-${crypto.randomUUID()}`)
    const [directory, scratch] = [join(work, 'result'), join(work, 'scratch')]
    try {
      await mkdir(directory, { recursive: true })
      await mkdir(scratch)
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
      const results = this.#path('results', stage.name)
      await mkdir(results, { recursive: true })
      await rename(directory, join(results, key))
      await syncDirectory(results)
      return describe(stage, key, join(results, key), digest, facts)
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
    const text = await readIfThere(this.#path('last', this.#subject, `${stage}.json`))
    if (text === undefined) return { kind: 'first run' }
    const last = JSON.parse(text) as { key: string; components: Components }
    if (last.key === key) return { kind: 'result gone' }
    const names = new Set([...Object.keys(last.components), ...Object.keys(components)])
    const changed = [...names].filter((name) => last.components[name] !== components[name])
    return { kind: 'changed', inputs: changed.sort() }
  }

  async #remember(stage: string, key: string, components: Components): Promise<void> {
    const directory = this.#path('last', this.#subject)
    await mkdir(directory, { recursive: true })
    await writeDurably(join(directory, `${stage}.json`), canonical({ key, components }))
  }

  async #unused(stage: string): Promise<string[]> {
    const results = await Promise.all(
      (await namesIn(this.#path('results', stage))).map(async (key) => ({
        key,
        usedMs: (await stat(this.#path('results', stage, key))).mtimeMs,
      })),
    )
    results.sort((a, b) => b.usedMs - a.usedMs)
    return results.slice(RESULTS_KEPT).map(({ key }) => key)
  }

  async #discard(stage: string, key: string): Promise<void> {
    await mkdir(this.#path('work'), { recursive: true })
    const discarded = this.#path('work', `discarded-${crypto.randomUUID()}`)
    await rename(this.#path('results', stage, key), discarded)
    await removeTree(discarded)
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

async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}
