import { engineErrors } from '../errors/engine.ts'
import type { Container } from './containers/container.ts'
import type { EventLog } from './events/event-log.ts'
import { type Loaded, loadImages } from './images/archive/load.ts'
import { saveImages, type ToSave } from './images/archive/save.ts'
import { wantedImages } from './images/archive/wanted-images.ts'
import { chainIds } from './images/chain-ids.ts'
import type { GivenImage, IntakeOptions, Staging } from './images/image-intake.ts'
import { diffIdOf } from './images/layer-store.ts'
import type { Pushed } from './images/push.ts'
import { familiar, parseReference, repositoryOf } from './images/reference.ts'
import { planRemoval } from './images/removal.ts'
import type { ImageStore } from './images/store.ts'
import type { PullOptions, PushOptions } from './images/store-options.ts'
import { canonicalName, findStored, type StoredImage } from './images/stored-image.ts'
import type { Image } from './images/types.ts'
import { Serial } from './serial.ts'

export type LocalImagesOptions = {
  readonly images: ImageStore
  readonly containers: () => readonly Container[]
  /** Who needs an image by which canonical name: releases and Compose files. */
  readonly held: () => ReadonlyMap<string, string>
  readonly events: EventLog
}

/** What became of an image that was removed, in Docker's terms. */
export type Removed = { readonly Untagged: string } | { readonly Deleted: string }

export type RemovalReport = { readonly removed: readonly Removed[]; readonly freedBytes: number }

/** The images of this host as clients of the API handle them: by names and ids, with events. */
export class LocalImages {
  readonly #options: LocalImagesOptions
  readonly #removals = new Serial()

  constructor(options: LocalImagesOptions) {
    this.#options = options
  }

  get store(): ImageStore {
    return this.#options.images
  }

  async list(): Promise<StoredImage[]> {
    return await this.store.images()
  }

  /** @throws SLIPWAY_ENGINE_NO_SUCH_IMAGE, SLIPWAY_IMAGES_REFERENCE_INVALID */
  async find(wanted: string): Promise<StoredImage> {
    const image = findStored(await this.list(), wanted)
    if (image === undefined) throw noSuchImage(wanted)
    return image
  }

  /** Does something with an image that stays meanwhile. @throws as `find` */
  async using<Result>(wanted: string, work: (image: Image) => Promise<Result>): Promise<Result> {
    return await this.#using(wanted, work, () => {})
  }

  /** As `using`, for an image of which a container is made. @throws as `find`, SLIPWAY_IMAGES_REFUSED_BY_POLICY */
  async usingInContainer<Result>(
    wanted: string,
    work: (image: Image) => Promise<Result>,
  ): Promise<Result> {
    return await this.#using(wanted, work, (image) => this.store.requireAllowed(image, wanted))
  }

  async #using<Result>(
    wanted: string,
    work: (image: Image) => Promise<Result>,
    check: (image: StoredImage) => void,
  ): Promise<Result> {
    let done: { readonly result: Result } | undefined
    const find = async () => {
      const image = await this.find(wanted)
      check(image)
      return this.store.imageOf(image, wanted)
    }
    await this.store.using(find, async (image) => {
      done = { result: await work(image) }
    })
    if (done === undefined) throw new Error(`nothing was done with ${wanted}`)
    return done.result
  }

  /** @throws as `ImageStore.pull` */
  async pull(reference: string, options: PullOptions): Promise<void> {
    const { config } = await this.store.pull(reference, options)
    const name = canonicalName(reference)
    const repository = familiar(repositoryOf(reference))
    this.#options.events.publish({
      type: 'image',
      action: 'pull',
      id: familiar(name),
      attributes: { ...config.config.Labels, name: repository },
    })
  }

  /** Pushes the image that a name means under that name. @throws as `find`, `ImageStore.push` */
  async push(reference: string, options: PushOptions): Promise<Pushed> {
    const name = canonicalName(reference)
    return await this.using(name, async () => {
      const image = await this.find(name)
      const pushed = await this.store.push(image, name, options)
      this.publish(image, 'push', familiar(repositoryOf(name)), familiar(name))
      return pushed
    })
  }

  /**
   * Gives `use` the archive of the images that are wanted by names and ids, which stay meanwhile.
   *
   * @throws as `find`, `wantedImages`, `saveImages`
   */
  async save<Result>(
    wanted: readonly string[],
    use: (archive: AsyncGenerator<Buffer, void>) => Promise<Result>,
  ): Promise<Result> {
    const images = wantedImages(await this.list(), wanted, nothingToSave)
    const held = async ([one, ...others]: readonly ToSave[]): Promise<Result> =>
      one === undefined
        ? await use(saveImages(this.store, images))
        : await this.using(one.image.id, () => held(others))
    const result = await held(images)
    for (const { image } of images) this.publish(image, 'save')
    return result
  }

  /** @param onLoaded is told of each image when it is there. @throws as `loadImages` */
  async load(
    archive: AsyncIterable<Buffer>,
    options: IntakeOptions & { readonly onLoaded: (loaded: Loaded) => void },
  ): Promise<void> {
    const loaded: Loaded[] = []
    try {
      await loadImages(this.store.intake, archive, {
        ...options,
        onLoaded: (image) => {
          loaded.push(image)
          options.onLoaded(image)
        },
      })
    } finally {
      for (const { id } of loaded) this.publish(await this.find(id), 'load')
    }
  }

  /**
   * Makes an image of what a client gives.
   *
   * @param make gets a directory for the time that it takes
   * @throws as `ImageIntake.take`
   */
  async make(make: (staging: Staging) => Promise<GivenImage>): Promise<StoredImage> {
    const { intake } = this.store
    const id = await intake.staged(async (staging) => await intake.take(await make(staging)))
    return await this.find(id)
  }

  /** @throws as `find`, SLIPWAY_IMAGES_REFERENCE_INVALID */
  async tag(wanted: string, reference: string): Promise<void> {
    const name = canonicalName(reference)
    const image = await this.find(wanted)
    await this.store.tag(image, name)
    this.publish(image, 'tag', familiar(name))
  }

  /** @throws as `find` and `planRemoval` */
  async remove(wanted: string, { force }: { readonly force: boolean }): Promise<RemovalReport> {
    return await this.#removals.run(async () => await this.#remove(wanted, force))
  }

  /** When an image was last pulled, named or in a container. */
  async lastUsedMs(image: StoredImage): Promise<number> {
    return await this.store.lastUsedMs(image)
  }

  /**
   * Removes an image with all its names, unless it is used or `isFree` says no at the last moment; then
   * undefined.
   */
  async drop(
    id: string,
    isFree: (image: StoredImage) => boolean,
  ): Promise<RemovalReport | undefined> {
    return await this.#removals.run(async () => {
      const image = (await this.list()).find((one) => one.id === id)
      if (image === undefined) return undefined
      const isForgotten = await this.store.forgetUnused(image, () => isFree(image))
      return isForgotten
        ? await this.#forgotten(image, [...image.tags, ...image.digests])
        : undefined
    })
  }

  /** Removes layers that no image and no container has, and what is left of downloads that ended early. */
  async dropRests(): Promise<void> {
    await this.store.dropPartialBlobs()
    await this.store.collectGarbage(() => ({ layers: this.#layersOfContainers() }))
  }

  /** Tells that something happened to an image; unless told otherwise, by its id. */
  publish(image: StoredImage, action: string, name = image.id, id = image.id): void {
    const { config } = this.store.imageOf(image)
    this.#options.events.publish({
      type: 'image',
      action,
      id,
      attributes: { ...config.config.Labels, name },
    })
  }

  async #remove(wanted: string, force: boolean): Promise<RemovalReport> {
    const { containers, held } = this.#options
    const image = await this.find(wanted)
    const users = containers()
      .filter((container) => container.image.configDigest === image.id)
      .map(({ id, state }) => ({ id, running: state.status === 'running' }))
    const plan = planRemoval(image, { wanted, force, users, held: held() })
    if (!plan.forget) {
      await this.store.untag(image, plan.untag)
      for (const _name of plan.untag) this.publish(image, 'untag')
      const removed = plan.untag.map((name) => ({ Untagged: familiar(name) }))
      return { removed, freedBytes: 0 }
    }
    await this.store.forget(image)
    return await this.#forgotten(image, plan.untag)
  }

  /** Tells that an image is forgotten, and removes what only it had. */
  async #forgotten(image: StoredImage, names: readonly string[]): Promise<RemovalReport> {
    for (const _name of names) this.publish(image, 'untag')
    this.publish(image, 'delete')
    const { deleted, freedBytes } = await this.#collect(image)
    const untagged = names.map((name) => ({ Untagged: familiar(name) }))
    return { removed: [...untagged, { Deleted: image.id }, ...deleted], freedBytes }
  }

  #layersOfContainers(): string[] {
    return this.#options.containers().flatMap(({ image }) => image.layers.map(diffIdOf))
  }

  /** Removes the layers that nothing needs after an image is gone. */
  async #collect(image: StoredImage): Promise<{ deleted: Removed[]; freedBytes: number }> {
    const { containers } = this.#options
    const { diff_ids: diffIds } = this.store.imageOf(image).config.rootfs
    const facts = await this.store.layerFacts(diffIds)
    const { layers } = await this.store.collectGarbage(() => ({
      layers: this.#layersOfContainers(),
    }))
    const sizes = new Map(diffIds.map((diffId, index) => [diffId, facts[index]?.contentBytes ?? 0]))
    const freedBytes = layers.reduce((sum, diffId) => sum + (sizes.get(diffId) ?? 0), 0)
    const others = (await this.list()).map((one) => this.store.imageOf(one).config.rootfs.diff_ids)
    const used = new Set([
      ...others.flatMap(chainIds),
      ...containers().flatMap(({ image: { layers: directories } }) =>
        chainIds(directories.map(diffIdOf)),
      ),
    ])
    const gone = chainIds(diffIds).filter((chainId) => !used.has(chainId))
    return { deleted: gone.toReversed().map((chainId) => ({ Deleted: chainId })), freedBytes }
  }
}

function noSuchImage(wanted: string): Error {
  return engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_IMAGE', { image: withTag(wanted) })
}

/** To save, Docker looks for a repository first, and does not say what it would be with a tag. */
function nothingToSave(wanted: string): Error {
  const isBare = !/[:@][^/]*$/.test(wanted)
  return isBare
    ? engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_IMAGE', { image: wanted })
    : noSuchImage(wanted)
}

/** Docker's message names the tag: the command line pulls what it says. */
function withTag(wanted: string): string {
  if (/^[0-9a-f]{64}$/.test(wanted)) return `sha256:${wanted}`
  if (/^sha256:[0-9a-f]{64}$/.test(wanted)) return wanted
  const { digest } = parseReference(wanted)
  return digest === undefined ? familiar(canonicalName(wanted)) : wanted
}
