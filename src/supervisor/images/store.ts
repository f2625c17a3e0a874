import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Connections, defaultTimeouts } from '../../http/connection.ts'
import { defaultRetryPolicy } from '../../http/retry.ts'
import { ImagePolicy } from '../image-policy/policy.ts'
import { FileSystemSync } from './file-system-sync.ts'
import { unreferenced } from './garbage.ts'
import { ImageIntake } from './image-intake.ts'
import { ImageNames } from './image-names.ts'
import { ImagePulls } from './image-pulls.ts'
import { ImageRecords, type ReadRecord } from './image-records.ts'
import type { LayerFacts } from './layer-facts.ts'
import { LayerPulls } from './layer-pulls.ts'
import { LayerStore } from './layer-store.ts'
import { defaultLimits } from './limits.ts'
import type { Descriptor } from './manifest.ts'
import { PartialBlobs } from './partial-blobs.ts'
import { Pins } from './pins.ts'
import type { PlainLayer } from './plain-manifest.ts'
import { hostPlatform } from './platform.ts'
import { type Pushed, pushImage } from './push.ts'
import { formatReference, parseReference } from './reference.ts'
import { RegistryClient } from './registry.ts'
import { Slots } from './slots.ts'
import { SpaceClaims } from './space-claims.ts'
import type { ImageStoreOptions, Keep, PullOptions, PushOptions } from './store-options.ts'
import { canonicalName, isSameName, type StoredImage } from './stored-image.ts'
import type { Credentials, Image, Layer } from './types.ts'
import { Uploads } from './upload.ts'

/**
 * Images of this host: pulled from registries, each layer unpacked once however many images have it.
 *
 * On disk: `images/` a record per name, `layers/<hex of the diff ID>/`, `staging/` what is being
 * made, `partial/` what has come of large blobs. Compressed blobs are not kept: they would double the space, and layers can be made again.
 */
export class ImageStore {
  /** Takes in what clients give. */
  readonly intake: ImageIntake
  readonly #records: ImageRecords
  readonly #names: ImageNames
  readonly #layers: LayerStore
  readonly #imagePulls: ImagePulls
  readonly #partials: PartialBlobs
  readonly #client: RegistryClient
  readonly #policy: ImagePolicy
  /** What was made of layers to push them, by diff ID. */
  readonly #madeBlobs = new Map<string, Descriptor>()
  /** Held for short steps that decide by what is in the store. */
  readonly #exclusive = new Slots(1)
  readonly #pins = new Pins()

  private constructor(
    options: ImageStoreOptions,
    parts: {
      directory: string
      records: ImageRecords
      layers: LayerStore
      partials: PartialBlobs
    },
  ) {
    this.#records = parts.records
    this.#names = new ImageNames(parts.records)
    this.#layers = parts.layers
    this.#policy = options.policy ?? ImagePolicy.open
    const limits = { ...defaultLimits, ...options.limits }
    this.#client = new RegistryClient({
      settings: options.registries,
      connections: new Connections({ ...defaultTimeouts, ...options.timeouts }),
      retryPolicy: { ...defaultRetryPolicy, ...options.retries },
    })
    const { tar = '/usr/bin/tar', downloads = 3 } = options
    const { directory, layers, partials } = parts
    this.#partials = partials
    const shared = { layers, names: this.#names, pins: this.#pins, exclusive: this.#exclusive }
    this.#imagePulls = new ImagePulls({
      ...shared,
      partials,
      policy: this.#policy,
      platform: options.platform ?? hostPlatform(),
      pulls: new LayerPulls({ layers, partials, limits, tar, downloads }),
      space: new SpaceClaims(directory, limits.reserveBytes),
      registry: (name, credentials) => this.registry(name, credentials),
      find: (reference) => this.find(reference),
      imageOf: (record) => this.#image(record),
    })
    this.intake = new ImageIntake({ ...shared, limits, tar })
  }

  /** Opens or makes a store, and removes what a process that was killed left half-made. */
  static async open(options: ImageStoreOptions): Promise<ImageStore> {
    const directory = resolve(options.directory)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const sync = new FileSystemSync(options.sync ?? '/usr/bin/sync', directory)
    const records = await ImageRecords.open(join(directory, 'images'))
    const layers = await LayerStore.open(directory, sync)
    const partials = await PartialBlobs.open(join(directory, 'partial'), options.partialFromBytes)
    return new ImageStore(options, { directory, records, layers, partials })
  }

  /**
   * The image if it is here with all its layers and the policy lets it be used; asks no registry.
   *
   * @throws SLIPWAY_IMAGES_REFERENCE_INVALID, SLIPWAY_IMAGES_RECORD_DAMAGED
   */
  async find(reference: string): Promise<Image | undefined> {
    const record = await this.#records.read(canonical(reference))
    if (record === undefined || this.#policy.objection(record) !== undefined) return undefined
    return await this.#complete(record)
  }

  /**
   * Checks that the policy lets an image be used by what somebody calls it: by its id, any of its names will do.
   *
   * @throws SLIPWAY_IMAGES_REFUSED_BY_POLICY
   */
  requireAllowed({ records }: StoredImage, wanted: string): void {
    const named = records.filter(
      ({ reference }) => reference !== undefined && isSameName(reference, wanted),
    )
    const objections = (named.length > 0 ? named : records).map((record) =>
      this.#policy.objection(record),
    )
    const [objection] = objections
    if (objection !== undefined && objections.every((each) => each !== undefined)) throw objection
  }

  /** All images that are here with all their layers, by reference. @throws SLIPWAY_IMAGES_RECORD_DAMAGED */
  async list(): Promise<Image[]> {
    const images = await Promise.all(
      (await this.#records.list()).map((record) => this.#complete(record)),
    )
    return images.filter((image) => image !== undefined)
  }

  /** All images that are here with all their layers, each with its names. @throws as `list` */
  async images(): Promise<StoredImage[]> {
    const complete = await Promise.all(
      (await this.#names.images()).map(async (image) =>
        (await this.#complete(first(image))) === undefined ? [] : [image],
      ),
    )
    return complete.flat()
  }

  /** An image as containers are made of it, by the name that was wanted if it has that. */
  imageOf(image: StoredImage, wanted?: string): Image {
    const named = image.records.find(
      ({ reference }) =>
        wanted !== undefined && reference !== undefined && isSameName(reference, wanted),
    )
    return this.#image(named ?? first(image))
  }

  /** What is known of an image's layers, bottom first; a layer that it has twice is there twice. */
  async layerFacts(diffIds: readonly string[]): Promise<readonly (LayerFacts | undefined)[]> {
    return await Promise.all(diffIds.map((diffId) => this.#layers.facts(diffId)))
  }

  /**
   * What is known of layers whose archives can be made again.
   *
   * @throws SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE
   */
  async plainLayers(diffIds: readonly string[]): Promise<PlainLayer[]> {
    return await Promise.all(diffIds.map((diffId) => this.#layers.plain(diffId)))
  }

  /** The archive of a layer, bit by bit as its diff ID says. @throws as `LayerStore.tar` */
  layerTar(diffId: string): AsyncGenerator<Buffer, void> {
    return this.#layers.tar(diffId)
  }

  /** Gives an image one more name; another one loses it, and stays. */
  async tag(image: StoredImage, reference: string): Promise<void> {
    const name = canonicalName(reference)
    await this.#exclusive.run(() => this.#names.tag(image, name))
  }

  /** Takes canonical names away from an image. */
  async untag(image: StoredImage, names: readonly string[]): Promise<void> {
    await this.#exclusive.run(() => this.#names.take(image, names))
  }

  /** Forgets an image by all its names; its layers stay until `collectGarbage`. */
  async forget(image: StoredImage): Promise<void> {
    await this.#exclusive.run(() => this.#names.forget(image))
  }

  /**
   * Forgets an image unless it is being used; false if it is. @param isFree asked when nobody can begin
   * to use it any more
   */
  async forgetUnused(image: StoredImage, isFree: () => boolean): Promise<boolean> {
    return await this.#exclusive.run(async () => {
      const diffIds = first(image).config.rootfs.diff_ids
      if (diffIds.every((diffId) => this.#pins.has(diffId)) || !isFree()) return false
      await this.#names.forget(image)
      return true
    })
  }

  /** When an image was last pulled or named by a name; undefined when it is not here. */
  async namedAtMs(reference: string): Promise<number | undefined> {
    const record = await this.#records.read(canonical(reference))
    if (record === undefined || (await this.#complete(record)) === undefined) return undefined
    return Date.parse(record.namedAt ?? '') || 0
  }

  /** When an image was last pulled, named or in a container. */
  async lastUsedMs({ records }: StoredImage): Promise<number> {
    const times = await Promise.all(records.map((record) => this.#records.lastUsedMs(record)))
    return Math.max(...times)
  }

  /** Remembers that an image is used now, if it is here; `reference` is what it was called. */
  async touch({
    reference,
    configDigest,
  }: Pick<Image, 'reference' | 'configDigest'>): Promise<void> {
    const called = await this.#records.read(reference)
    if (called?.configDigest === configDigest) return await this.#records.touch(called)
    const image = (await this.#names.images()).find(({ id }) => id === configDigest)
    for (const record of image?.records ?? []) await this.#records.touch(record)
  }

  /**
   * Does something with an image that is found while nothing is removed, and whose layers stay until
   * it is done. Undefined when it is not found.
   */
  async using<Result>(
    find: () => Promise<Image | undefined>,
    work: (image: Image) => Promise<Result>,
  ): Promise<Result | undefined> {
    const found = await this.#exclusive.run(async () => {
      const image = await find()
      const layers = image?.layers.map(({ diffId }) => diffId) ?? []
      return image && { image, release: this.#pins.take(layers) }
    })
    if (found === undefined) return undefined
    try {
      return await work(found.image)
    } finally {
      found.release()
    }
  }

  /** Says who is asked to free space when a pull would not fit. */
  makeRoomBy(makeRoom: (freeBytes: number) => Promise<void>): void {
    this.#imagePulls.makeRoomBy(makeRoom)
  }

  /** Asks registries; with what a client of the API said instead of the settings. */
  registry(registry: string, credentials: Credentials | undefined): RegistryClient {
    return credentials === undefined ? this.#client : this.#client.as(registry, credentials)
  }

  /**
   * Brings an image here as its registry has it now; fetches only layers that are not here. Pulls
   * that want the same layer at the same time share its download.
   *
   * @throws SLIPWAY_IMAGES_*, and the signal's reason; then nothing half-made stays, but layers that
   * were complete are kept for the next try
   */
  async pull(reference: string, options: PullOptions = {}): Promise<Image> {
    return await this.#imagePulls.pull(reference, options)
  }

  /**
   * Puts an image into a registry under one of its names; see `pushImage`. Whoever calls sees to it that
   * it stays meanwhile.
   */
  async push(image: StoredImage, name: string, options: PushOptions): Promise<Pushed> {
    const { registry, repository, tag = 'latest' } = parseReference(name)
    const { signal, credentials, onProgress = () => {} } = options
    const client = this.registry(registry, credentials)
    const onRetry = (notice: { reason: string; delayMs: number }) =>
      onProgress({ phase: 'retrying', ...notice })
    return await pushImage({
      image,
      target: { registry, repository, tag },
      uploads: new Uploads(client, { registry, repository }, { signal, onRetry }),
      layers: this.#layers,
      made: this.#madeBlobs,
      onProgress,
    })
  }

  /** Forgets an image; its layers stay until `collectGarbage`. No error if it is not here. */
  async remove(reference: string): Promise<void> {
    const name = canonical(reference)
    await this.#exclusive.run(() => this.#records.remove({ reference: name }))
  }

  /**
   * Removes images that are not to be kept, and layers that neither an image nor `keep.layers` nor
   * a running pull has. A function says what is to be kept at the last moment.
   */
  async collectGarbage(
    spared: Keep | (() => Keep) = {},
  ): Promise<{ images: string[]; layers: string[] }> {
    return await this.#exclusive.run(async () => {
      const keep = typeof spared === 'function' ? spared() : spared
      const unnamed = await this.#records.listUnnamed()
      const garbage = unreferenced({
        images: await this.#records.list(),
        unnamed,
        layers: await this.#layers.list(),
        keepReferences:
          keep.references === undefined ? undefined : new Set([...keep.references].map(canonical)),
        keepLayers: new Set([...(keep.layers ?? []), ...this.#pins.all()]),
      })
      // Images first: an image without its layers must not stay if we are interrupted.
      for (const reference of garbage.images) await this.#records.remove({ reference })
      for (const layer of garbage.layers) await this.#layers.remove(layer)
      return garbage
    })
  }

  /** Removes what has come of blobs that nobody is fetching. */
  async dropPartialBlobs(): Promise<void> {
    await this.#partials.drop()
  }

  /** Closes the connections that were kept for another pull. */
  close(): void {
    this.#client.connections.close()
  }

  async #complete(record: ReadRecord): Promise<Image | undefined> {
    const image = this.#image(record)
    const there = await Promise.all(image.layers.map(({ diffId }) => this.#layers.has(diffId)))
    return there.every(Boolean) ? image : undefined
  }

  #image({ reference, manifestDigest, configDigest, config }: ReadRecord): Image {
    const diffIds = config.rootfs.diff_ids
    const layers: Layer[] = diffIds
      .filter((diffId, index) => diffIds.lastIndexOf(diffId) === index)
      .map((diffId) => ({ diffId, directory: this.#layers.directory(diffId) }))
    return { reference: reference ?? configDigest, manifestDigest, configDigest, config, layers }
  }
}

function canonical(reference: string): string {
  return formatReference(parseReference(reference))
}

function first({ id, records: [record] }: StoredImage): ReadRecord {
  if (record === undefined) throw new Error(`the image ${id} has no record`)
  return record
}
