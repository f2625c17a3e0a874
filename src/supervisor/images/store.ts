import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Connections, defaultTimeouts, type Timeouts } from '../../http/connection.ts'
import { defaultRetryPolicy, type RetryPolicy } from '../../http/retry.ts'
import { FileSystemSync } from './file-system-sync.ts'
import { unreferenced } from './garbage.ts'
import { ImageNames } from './image-names.ts'
import { type ImageRecord, ImageRecords, type ReadRecord } from './image-records.ts'
import type { LayerFacts } from './layer-facts.ts'
import { LayerPulls } from './layer-pulls.ts'
import { LayerStore } from './layer-store.ts'
import { checkSpace, defaultLimits, type StoreLimits } from './limits.ts'
import type { Descriptor } from './manifest.ts'
import { type ResolvedImage, resolveImage } from './manifest-download.ts'
import { hostPlatform, type Platform } from './platform.ts'
import { type Pushed, pushImage } from './push.ts'
import { formatReference, parseReference } from './reference.ts'
import { RegistryClient } from './registry.ts'
import { Slots } from './slots.ts'
import { canonicalName, isSameName, type StoredImage } from './stored-image.ts'
import type {
  Credentials,
  Image,
  Layer,
  PullProgress,
  PushProgress,
  Reference,
  RegistrySettings,
} from './types.ts'
import { Uploads } from './upload.ts'

export type ImageStoreOptions = {
  /** Belongs to this store alone, and to one process at a time. */
  readonly directory: string
  readonly registries: RegistrySettings
  /** The path of GNU tar. */
  readonly tar?: string
  /** The path of coreutils' sync. */
  readonly sync?: string
  /** Layers that are downloaded at a time. */
  readonly downloads?: number
  readonly platform?: Platform
  readonly limits?: Partial<StoreLimits>
  readonly timeouts?: Partial<Timeouts>
  readonly retries?: Partial<RetryPolicy>
}

export type PullOptions = {
  /** Of the image; this machine's unless told. */
  readonly platform?: Platform
  /** For the reference's registry, instead of what the settings say. */
  readonly credentials?: Credentials
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: PullProgress) => void
}

export type PushOptions = {
  readonly credentials?: Credentials
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: PushProgress) => void
}

/** What a collection spares. */
export type Keep = {
  /** Images to keep, as references; all if undefined. */
  readonly references?: Iterable<string>
  /** Diff IDs of layers in use, for example by containers whose image was replaced. */
  readonly layers?: Iterable<string>
}

/**
 * Images of this host: pulled from registries, each layer unpacked once however many images have it.
 *
 * On disk: `images/` a record per name, `layers/<hex of the diff ID>/`, `staging/` what is being
 * made. Compressed blobs are not kept: they would double the space, and layers can be made again.
 */
export class ImageStore {
  readonly #directory: string
  readonly #records: ImageRecords
  readonly #names: ImageNames
  readonly #layers: LayerStore
  readonly #pulls: LayerPulls
  readonly #client: RegistryClient
  readonly #platform: Platform
  readonly #limits: StoreLimits
  /** What was made of layers to push them, by diff ID. */
  readonly #madeBlobs = new Map<string, Descriptor>()
  /** Held for short steps that decide by what is in the store. */
  readonly #exclusive = new Slots(1)
  /** Layers of running pulls, which no collection may take; with the number of pulls. */
  readonly #pinned = new Map<string, number>()

  private constructor(
    options: ImageStoreOptions,
    parts: { directory: string; records: ImageRecords; layers: LayerStore },
  ) {
    this.#directory = parts.directory
    this.#records = parts.records
    this.#names = new ImageNames(parts.records)
    this.#layers = parts.layers
    this.#platform = options.platform ?? hostPlatform()
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#client = new RegistryClient({
      settings: options.registries,
      connections: new Connections({ ...defaultTimeouts, ...options.timeouts }),
      retryPolicy: { ...defaultRetryPolicy, ...options.retries },
    })
    this.#pulls = new LayerPulls({
      layers: parts.layers,
      limits: this.#limits,
      tar: options.tar ?? '/usr/bin/tar',
      downloads: options.downloads ?? 3,
    })
  }

  /** Opens or makes a store, and removes what a process that was killed left half-made. */
  static async open(options: ImageStoreOptions): Promise<ImageStore> {
    const directory = resolve(options.directory)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const sync = new FileSystemSync(options.sync ?? '/usr/bin/sync', directory)
    const records = await ImageRecords.open(join(directory, 'images'))
    const layers = await LayerStore.open(directory, sync)
    return new ImageStore(options, { directory, records, layers })
  }

  /**
   * The image if it is here with all its layers; asks no registry.
   *
   * @throws SLIPWAY_IMAGES_REFERENCE_INVALID, SLIPWAY_IMAGES_RECORD_DAMAGED
   */
  async find(reference: string): Promise<Image | undefined> {
    const record = await this.#records.read(canonical(reference))
    return record === undefined ? undefined : await this.#complete(record)
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
   * Does something with an image that is found while nothing is removed, and whose layers stay until
   * it is done. Undefined when it is not found.
   */
  async using<Result>(
    find: () => Promise<Image | undefined>,
    work: (image: Image) => Promise<Result>,
  ): Promise<Result | undefined> {
    const image = await this.#exclusive.run(async () => {
      const found = await find()
      if (found !== undefined) this.#pin(diffIdsOf(found), 1)
      return found
    })
    if (image === undefined) return undefined
    try {
      return await work(image)
    } finally {
      this.#pin(diffIdsOf(image), -1)
    }
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
  async pull(
    reference: string,
    { signal, onProgress, platform = this.#platform, credentials }: PullOptions = {},
  ): Promise<Image> {
    const parsed = parseReference(reference)
    const name = formatReference(parsed)
    const here = parsed.digest === undefined ? undefined : await this.find(name)
    if (here !== undefined) return here
    const client = this.registry(parsed.registry, credentials)
    const onRetry = (notice: { url: string; reason: string; delayMs: number }) =>
      onProgress?.({ phase: 'retrying', ...notice })
    const image = await resolveImage(client, parsed, platform, { signal, onRetry })
    const diffIds = new Set(image.config.rootfs.diff_ids)
    this.#pin(diffIds, 1)
    try {
      const missing = await this.#exclusive.run(() => this.#missing(image), signal)
      onProgress?.(resolved(name, image, missing))
      await this.#fetch(client, parsed, missing, signal, onProgress)
      signal?.throwIfAborted()
      const record = recordOf(name, image)
      const changed = await this.#exclusive.run(() => this.#name(record))
      onProgress?.({ phase: 'named', changed })
      return this.#image({ ...record, config: image.config })
    } finally {
      this.#pin(diffIds, -1)
    }
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
        keepLayers: new Set([...(keep.layers ?? []), ...this.#pinned.keys()]),
      })
      // Images first: an image without its layers must not stay if we are interrupted.
      for (const reference of garbage.images) await this.#records.remove({ reference })
      for (const layer of garbage.layers) await this.#layers.remove(layer)
      return garbage
    })
  }

  /** Closes the connections that were kept for another pull. */
  close(): void {
    this.#client.connections.close()
  }

  /** Layers to download, each once; by diff ID. */
  async #missing({ manifest, config }: ResolvedImage): Promise<Map<string, Descriptor>> {
    const missing = new Map<string, Descriptor>()
    for (const [index, blob] of manifest.layers.entries()) {
      const diffId = config.rootfs.diff_ids[index]
      if (diffId !== undefined && !(await this.#layers.has(diffId))) missing.set(diffId, blob)
    }
    return missing
  }

  /** Whether the name meant something else before. */
  async #name(record: ImageRecord & { reference: string }): Promise<boolean> {
    const former = await this.#names.meaning(record.reference)
    await this.#names.give(record)
    return former !== record.configDigest
  }

  async #fetch(
    client: RegistryClient,
    name: Reference,
    missing: ReadonlyMap<string, Descriptor>,
    signal: AbortSignal | undefined,
    onProgress: ((progress: PullProgress) => void) | undefined,
  ): Promise<void> {
    const compressedBytes = [...missing.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    await checkSpace(
      formatReference(name),
      this.#directory,
      compressedBytes,
      this.#limits.reserveBytes,
    )
    const failed = new AbortController()
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
    const listener = onProgress ?? (() => {})
    const pulls = [...missing].map(async ([diffId, blob]) => {
      try {
        await this.#pulls.pull({ client, name, blob, diffId, signal: either, listener })
      } catch (error) {
        failed.abort(error)
        throw error
      }
    })
    // All have ended, cleaned up, before the pull is reported as failed.
    await Promise.allSettled(pulls)
    signal?.throwIfAborted()
    failed.signal.throwIfAborted()
  }

  #pin(diffIds: Iterable<string>, change: 1 | -1): void {
    for (const diffId of diffIds) {
      const pulls = (this.#pinned.get(diffId) ?? 0) + change
      if (pulls === 0) this.#pinned.delete(diffId)
      else this.#pinned.set(diffId, pulls)
    }
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

function diffIdsOf({ layers }: Image): string[] {
  return layers.map(({ diffId }) => diffId)
}

function recordOf(
  reference: string,
  { digest, manifestDigest, manifest, manifestText, configText }: ResolvedImage,
): ImageRecord & { reference: string } {
  const configDigest = manifest.config.digest
  const namedAt = new Date().toISOString()
  return { reference, digest, manifestDigest, configDigest, configText, manifestText, namedAt }
}

function resolved(
  reference: string,
  { digest: named, manifestDigest, manifest, config }: ResolvedImage,
  missing: ReadonlyMap<string, Descriptor>,
): PullProgress {
  const layers = manifest.layers.map(({ digest, sizeBytes }, index) => {
    const diffId = config.rootfs.diff_ids[index] ?? ''
    return { digest, diffId, sizeBytes, present: !missing.has(diffId) }
  })
  const configDigest = manifest.config.digest
  return { phase: 'resolved', reference, digest: named, manifestDigest, configDigest, layers }
}
