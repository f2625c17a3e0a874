import { statfs } from 'node:fs/promises'
import { describeError, type Log } from '../../journal/log.ts'
import { familiar } from '../images/reference.ts'
import type { StoredImage } from '../images/stored-image.ts'
import type { LocalImages } from '../local-images.ts'
import { Serial } from '../serial.ts'
import { isNeeded, type Needed, removable } from './order.ts'
import type { CollectionSettings } from './settings.ts'

export type CollectorOptions = {
  readonly images: Pick<LocalImages, 'list' | 'lastUsedMs' | 'drop' | 'dropRests'>
  /** On the file system that is watched. */
  readonly directory: string
  /** Absent: nothing is collected. */
  readonly settings: CollectionSettings | undefined
  readonly needed: () => Needed
  readonly log: Log
  readonly now?: () => number
}

/** How often the file system is looked at. */
const intervalMs = 60_000

/**
 * Removes images that nobody needs when the file system gets full, those first that were not used for
 * longest, and no more than it takes.
 */
export class ImageCollector {
  readonly #options: CollectorOptions
  readonly #turns = new Serial()
  #timer: NodeJS.Timeout | undefined
  /** Said once: whoever reads the journal knows it then. */
  #complained = false

  constructor(options: CollectorOptions) {
    this.#options = options
  }

  /** Looks now and from time to time. */
  begin(): void {
    if (this.#options.settings === undefined) return
    this.#timer = setInterval(() => void this.check(), intervalMs)
    this.#timer.unref()
    void this.check()
  }

  /** Resolves when nothing is being removed any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#turns.run(async () => {})
  }

  /** Collects if the high water mark is passed. */
  async check(): Promise<void> {
    const { settings, log } = this.#options
    if (settings === undefined) return
    await this.#turns.run(async () => {
      try {
        await this.#check(settings)
      } catch (error) {
        log.error(`images that nobody needs: ${describeError(error)}`)
      }
    })
  }

  /** Collects until as much is free, if it can be; a pull asks for it that would not fit otherwise. */
  async makeRoom(freeBytes: number): Promise<void> {
    if (this.#options.settings === undefined) return
    const isEnough = ({ availableBytes }: Usage) => availableBytes >= freeBytes
    await this.#turns.run(async () => {
      if (isEnough(await this.#usage())) return
      await this.#collect(isEnough, 'a pull needs room')
    })
  }

  async #check({ abovePercent, downToPercent }: CollectionSettings): Promise<void> {
    const before = await this.#usage()
    if (before.usedPercent <= abovePercent) {
      this.#complained = false
      return
    }
    const reason = `the file system is ${before.usedPercent}% full, above ${abovePercent}%`
    const isEnough = ({ usedPercent }: Usage) => usedPercent <= downToPercent
    const { usedPercent } = await this.#collect(isEnough, reason)
    if (usedPercent <= abovePercent || this.#complained) return
    this.#complained = true
    this.#options.log.warning(
      `${this.#options.directory} is on a file system that is ${usedPercent}% full, and no image is left that nobody needs`,
    )
  }

  async #collect(isEnough: (usage: Usage) => boolean, reason: string): Promise<Usage> {
    const { images, needed, log, now = Date.now } = this.#options
    await images.dropRests()
    let usage = await this.#usage()
    if (isEnough(usage)) return usage
    const all = await Promise.all(
      (await images.list()).map(async (image) => ({
        image,
        lastUsedMs: await images.lastUsedMs(image),
      })),
    )
    for (const { image, lastUsedMs } of removable(all, needed(), now())) {
      const report = await images.drop(image.id, (found) => !isNeeded(found, needed()))
      if (report === undefined) continue
      log.info(
        `removed image ${namesOf(image)}, last used ${new Date(lastUsedMs).toISOString()}, ${Math.round(report.freedBytes / 1_000_000)} MB: ${reason}`,
      )
      usage = await this.#usage()
      if (isEnough(usage)) break
    }
    return usage
  }

  async #usage(): Promise<Usage> {
    const { blocks, bfree, bavail, bsize } = await statfs(this.#options.directory)
    const used = blocks - bfree
    // As df(1) says it: what is kept for root does not count.
    const whole = used + bavail
    return {
      usedPercent: whole === 0 ? 100 : Math.ceil((used * 100) / whole),
      availableBytes: bavail * bsize,
    }
  }
}

type Usage = { readonly usedPercent: number; readonly availableBytes: number }

function namesOf({ id, tags, digests }: StoredImage): string {
  const names = tags.length > 0 ? tags : digests
  return names.length > 0 ? names.map(familiar).join(', ') : id
}
