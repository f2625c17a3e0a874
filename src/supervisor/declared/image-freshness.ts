import { isSlipwayError } from '../../errors/error.ts'
import { describeError, type Log } from '../../journal/log.ts'
import type { Service } from '../compose/service.ts'
import { configHash } from '../containers/identity.ts'
import { loggedTrouble } from '../images/logged-trouble.ts'
import { parseReference } from '../images/reference.ts'
import type { ImageStore } from '../images/store.ts'
import { keyOf } from './service-key.ts'

const firstRetryMs = 60_000
const longestRetryMs = 60 * 60_000
/** Node's timers have 31 bits. */
const longestTimerMs = 24 * 60 * 60_000

export type ImageFreshnessOptions = {
  readonly images: Pick<ImageStore, 'find' | 'pull' | 'namedAtMs'>
  /** Those that are declared now. */
  readonly services: () => readonly Service[]
  /** Holds a pull back until it has a chance: a host that has just booted has no network yet. */
  readonly beforePull: (signal: AbortSignal) => Promise<void>
  readonly log: Log
  /** Called when the name of an image means another one than before. */
  readonly onMoved: (reference: string) => void
}

/** A registry was asked at `atMs`; `failures`: how often in a row it had no answer. */
type Asked = { readonly atMs: number; readonly failures: number }

/**
 * Asks registries for images of declared services that are here already, when their pull policies say
 * so. Nothing waits for an answer but a container that is to be made.
 */
export class ImageFreshness {
  readonly #options: ImageFreshnessOptions
  readonly #closing = new AbortController()
  readonly #asked = new Map<string, Asked>()
  readonly #asking = new Map<string, Promise<void>>()
  /** What services were declared as when they were looked at last, by their keys. */
  #known = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: ImageFreshnessOptions) {
    this.#options = options
  }

  /** Asks for what is due, and again when something is; as at the start, and when the files were read. */
  look(): void {
    const services = this.#options.services()
    const known = new Map(services.map((service) => [keyOf(service), configHash(service)]))
    for (const service of services)
      if (service.pullPolicy === 'always')
        if (known.get(keyOf(service)) !== this.#known.get(keyOf(service)))
          this.#asked.delete(service.image)
    this.#known = known
    void this.#askDue()
  }

  /** Asks at once for what is asked for whenever it is applied; resolves when all have answered or failed. */
  async apply(): Promise<void> {
    for (const { image, pullPolicy } of this.#options.services())
      if (pullPolicy !== undefined) this.#forget(image, pullPolicy === 'always')
    await this.#askDue()
  }

  /** The registry is to be asked before a container is made of an image that is here. */
  async isDue(service: Pick<Service, 'image' | 'pullPolicy'>): Promise<boolean> {
    return (await this.#dueInMs(service)) === 0
  }

  /**
   * Brings an image here as its registry has it now; whoever asks meanwhile gets the same answer.
   *
   * @throws as `ImageStore.pull`
   */
  async ask(reference: string): Promise<void> {
    const underWay = this.#asking.get(reference)
    if (underWay !== undefined) return await underWay
    const asking = this.#ask(reference).finally(() => this.#asking.delete(reference))
    this.#asking.set(reference, asking)
    await asking
  }

  /** As `ask`; where an image is here, a registry that does not answer is told to the journal alone. */
  async askOrKeep(reference: string): Promise<void> {
    try {
      await this.ask(reference)
    } catch (error) {
      const { images, log } = this.#options
      if (this.#closing.signal.aborted || (await images.find(reference)) === undefined) throw error
      log.warning(`${reference} stays as it is here: ${describeError(error)}`)
    }
  }

  /** Asks nobody any more. */
  close(): void {
    this.#closing.abort()
    clearTimeout(this.#timer)
  }

  /** A failure is no reason to wait any longer. */
  #forget(reference: string, always: boolean): void {
    const { failures } = this.#asked.get(reference) ?? { failures: 0 }
    if (always || failures > 0) this.#asked.delete(reference)
  }

  async #ask(reference: string): Promise<void> {
    const { images, beforePull, log, onMoved } = this.#options
    const { signal } = this.#closing
    try {
      await beforePull(signal)
      const before = await images.find(reference).catch(ifDamaged)
      log.info(`pulling ${reference}`)
      const onProgress = loggedTrouble(reference, log)
      const after = await images.pull(reference, { signal, onProgress })
      this.#asked.set(reference, { atMs: Date.now(), failures: 0 })
      if (before !== undefined && before.configDigest !== after.configDigest) onMoved(reference)
    } catch (error) {
      const failures = (this.#asked.get(reference)?.failures ?? 0) + 1
      this.#asked.set(reference, { atMs: Date.now(), failures })
      throw error
    }
  }

  async #askDue(): Promise<void> {
    clearTimeout(this.#timer)
    const refreshed = this.#options.services().filter(isRefreshed)
    const asked = new Set<string>()
    await Promise.all(
      refreshed.map(async (service) => {
        const { image } = service
        // What is not here at all is asked for by its worker.
        if ((await this.#dueInMs(service)) !== 0 || asked.has(image)) return
        asked.add(image)
        // Whoever began it tells how it went.
        const underWay = this.#asking.get(image)
        if (underWay !== undefined) return await underWay.catch(() => {})
        await this.askOrKeep(image).catch((error: unknown) => {
          if (!this.#closing.signal.aborted)
            this.#options.log.error(`${image}: ${describeError(error)}`)
        })
      }),
    )
    await this.#schedule(refreshed)
  }

  async #schedule(refreshed: readonly Service[]): Promise<void> {
    const due = await Promise.all(refreshed.map(async (service) => await this.#dueInMs(service)))
    if (this.#closing.signal.aborted) return
    clearTimeout(this.#timer)
    const nextMs = Math.min(...due.filter((delayMs) => delayMs !== undefined), longestTimerMs)
    if (refreshed.length > 0) this.#timer = setTimeout(() => void this.#askDue(), nextMs + 1)
  }

  /** Undefined for never: it need not be asked again, or is not here. */
  async #dueInMs({
    image,
    pullPolicy,
  }: Pick<Service, 'image' | 'pullPolicy'>): Promise<number | undefined> {
    if (pullPolicy === undefined || pullPolicy === 'never') return undefined
    // A digest means the same for ever.
    if (parseReference(image).digest !== undefined) return undefined
    const namedAtMs = await this.#options.images.namedAtMs(image).catch(ifDamaged)
    if (namedAtMs === undefined) return undefined
    const asked = this.#asked.get(image)
    if (asked !== undefined && asked.failures > 0)
      return remainingMs(asked.atMs, retryMs(asked.failures))
    if (pullPolicy === 'always') return asked === undefined ? 0 : undefined
    return remainingMs(namedAtMs, pullPolicy.everyMs)
  }
}

/** Whether the containers of a service are to have what the name of their image means now. */
export function isRefreshed({ pullPolicy }: Pick<Service, 'pullPolicy'>): boolean {
  return pullPolicy !== undefined && pullPolicy !== 'never'
}

/** A pull replaces a damaged record, and whoever needs the image tells of it. */
function ifDamaged(error: unknown): undefined {
  if (!isSlipwayError(error, 'SLIPWAY_IMAGES_RECORD_DAMAGED')) throw error
}

function retryMs(failures: number): number {
  return Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 10), longestRetryMs)
}

/** A clock that was set back must not hold it up for longer. */
function remainingMs(sinceMs: number, delayMs: number): number {
  const passedMs = Math.max(Date.now() - sinceMs, 0)
  return Math.max(delayMs - passedMs, 0)
}
