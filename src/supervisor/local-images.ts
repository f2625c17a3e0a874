import { engineErrors } from '../errors/engine.ts'
import type { Container } from './containers/container.ts'
import type { EventLog } from './events/event-log.ts'
import { chainIds } from './images/chain-ids.ts'
import { diffIdOf } from './images/layer-store.ts'
import type { Pushed } from './images/push.ts'
import { familiar, parseReference, repositoryOf } from './images/reference.ts'
import { planRemoval } from './images/removal.ts'
import type { ImageStore, PullOptions, PushOptions } from './images/store.ts'
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
    if (image === undefined)
      throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_IMAGE', { image: withTag(wanted) })
    return image
  }

  /**
   * Does something with an image that stays meanwhile, such as making a container of it.
   *
   * @throws as `find`
   */
  async using<Result>(wanted: string, work: (image: Image) => Promise<Result>): Promise<Result> {
    let done: { readonly result: Result } | undefined
    const find = async () => this.store.imageOf(await this.find(wanted), wanted)
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
    const untagged = plan.untag.map((name) => ({ Untagged: familiar(name) }))
    if (!plan.forget) {
      await this.store.untag(image, plan.untag)
      for (const _name of plan.untag) this.publish(image, 'untag')
      return { removed: untagged, freedBytes: 0 }
    }
    await this.store.forget(image)
    for (const _name of plan.untag) this.publish(image, 'untag')
    this.publish(image, 'delete')
    const { deleted, freedBytes } = await this.#collect(image)
    return { removed: [...untagged, { Deleted: image.id }, ...deleted], freedBytes }
  }

  /** Removes the layers that nothing needs after an image is gone. */
  async #collect(image: StoredImage): Promise<{ deleted: Removed[]; freedBytes: number }> {
    const { containers } = this.#options
    const { diff_ids: diffIds } = this.store.imageOf(image).config.rootfs
    const facts = await this.store.layerFacts(diffIds)
    const { layers } = await this.store.collectGarbage(() => ({
      layers: containers().flatMap((container) => container.image.layers.map(diffIdOf)),
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

/** Docker's message names the tag: the command line pulls what it says. */
function withTag(wanted: string): string {
  if (/^[0-9a-f]{64}$/.test(wanted)) return `sha256:${wanted}`
  if (/^sha256:[0-9a-f]{64}$/.test(wanted)) return wanted
  const { digest } = parseReference(wanted)
  return digest === undefined ? familiar(canonicalName(wanted)) : wanted
}
