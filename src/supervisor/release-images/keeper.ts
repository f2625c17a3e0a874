import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../../journal/log.ts'
import { loggedTrouble } from '../images/logged-trouble.ts'
import type { ImageStore } from '../images/store.ts'
import { Serial } from '../serial.ts'
import type { ImageSet, KeptSet, ReleaseImages } from './image-set.ts'
import type { InUse } from './in-use.ts'
import { keptSets, stillKept } from './kept-sets.ts'
import { readSets, saveSets } from './sets-file.ts'

export type KeeperOptions = {
  /** Outlives a reboot. */
  readonly file: string
  readonly running: ImageSet | undefined
  readonly images: Pick<ImageStore, 'pull' | 'remove' | 'collectGarbage'>
  readonly log: Log
  /** Holds a pull back until it has a chance. */
  readonly beforePull: (signal: AbortSignal) => Promise<void>
}

/** A release that is to be taken, and the versions besides it and the running one that can be booted. */
export type TakenRelease = ImageSet & { readonly bootable: readonly string[] }

/** Keeps the images of the releases that this host can boot, and brings those of one that it takes. */
export class ReleaseImageKeeper {
  readonly #options: KeeperOptions
  readonly #takes = new Serial()
  #sets: readonly KeptSet[]

  private constructor(options: KeeperOptions, sets: readonly KeptSet[]) {
    this.#options = options
    this.#sets = sets
  }

  /** Remembers what the running release has: once another one runs, nothing else tells. */
  static async open(options: KeeperOptions): Promise<ReleaseImageKeeper> {
    const { file, running, log } = options
    const keeper = new ReleaseImageKeeper(options, await readSets(file, log))
    if (running !== undefined) {
      const others = keeper.#sets.filter(({ version }) => version !== running.version)
      await keeper.#save([running, ...others])
    }
    return keeper
  }

  /** Those of the running release. */
  get images(): ReleaseImages {
    return this.#options.running?.images ?? {}
  }

  /** All that are kept: which release needs which canonical reference. */
  get held(): ReadonlyMap<string, string> {
    return new Map(
      this.#sets.flatMap(({ version, images }) =>
        Object.values(images).map((reference) => [reference, `release ${version}`]),
      ),
    )
  }

  /**
   * Drops the images of releases that are gone, and pulls those of the release. Killed anywhere, it
   * leaves the images of all that can be booted, and what was pulled is there for the next call.
   *
   * @throws SLIPWAY_IMAGES_*, and the signal's reason
   */
  async take(release: TakenRelease, inUse: () => InUse, signal: AbortSignal): Promise<void> {
    await this.#takes.run(() => this.#take(release, inUse, signal))
  }

  /** Drops the images of releases that are gone and whose containers are gone too. */
  async letGo(inUse: () => InUse): Promise<void> {
    await this.#takes.run(async () => {
      if (this.#sets.every(({ gone }) => gone === undefined)) return
      const { kept, dropped } = stillKept(this.#sets, inUse().references)
      await this.#drop(dropped, inUse)
      await this.#save(kept)
    })
  }

  async #take(
    { version, images, bootable }: TakenRelease,
    inUse: () => InUse,
    signal: AbortSignal,
  ): Promise<void> {
    const { running, log, beforePull } = this.#options
    signal.throwIfAborted()
    const { references: used } = inUse()
    const wanted = { running, taken: { version, images }, bootable }
    const { kept, dropped } = keptSets(this.#sets, wanted, used)
    // In this order: a cut in between leaves a set without images, which the next call drops once more,
    // and never images that no set tells of.
    await this.#drop(dropped, inUse)
    await this.#save(kept)
    const references = [...new Set(Object.values(images))]
    if (references.length > 0) await beforePull(signal)
    for (const reference of references) {
      log.info(`pulling ${reference} for release ${version}`)
      const onProgress = loggedTrouble(reference, log)
      await this.#options.images.pull(reference, { signal, onProgress })
    }
  }

  async #drop(dropped: readonly string[], inUse: () => InUse): Promise<void> {
    const { images, log } = this.#options
    if (dropped.length === 0) return
    for (const reference of dropped) {
      log.info(`removing ${reference}, which no release has any more`)
      await images.remove(reference)
    }
    await images.collectGarbage(() => ({ layers: inUse().layers }))
  }

  async #save(sets: readonly KeptSet[]): Promise<void> {
    if (isDeepStrictEqual(sets, this.#sets)) return
    await saveSets(this.#options.file, sets)
    this.#sets = sets
  }
}
