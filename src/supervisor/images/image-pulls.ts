import type { ImagePolicy, Verification } from '../image-policy/policy.ts'
import type { ImageNames } from './image-names.ts'
import type { ImageRecord, ReadRecord } from './image-records.ts'
import type { LayerPulls } from './layer-pulls.ts'
import type { LayerStore } from './layer-store.ts'
import type { Descriptor } from './manifest.ts'
import { type ResolvedImage, resolveImage } from './manifest-download.ts'
import type { PartialBlobs } from './partial-blobs.ts'
import type { Pins } from './pins.ts'
import type { Platform } from './platform.ts'
import { formatReference, parseReference } from './reference.ts'
import type { RegistryClient } from './registry.ts'
import type { Slots } from './slots.ts'
import { Sources } from './sources.ts'
import type { Claim, SpaceClaims } from './space-claims.ts'
import type { PullOptions } from './store-options.ts'
import type { Credentials, Image, PullProgress } from './types.ts'

type Parts = {
  readonly layers: LayerStore
  readonly names: ImageNames
  readonly policy: ImagePolicy
  readonly platform: Platform
  readonly pulls: LayerPulls
  readonly partials: PartialBlobs
  readonly space: SpaceClaims
  readonly pins: Pins
  /** Held for short steps that decide by what is in the store. */
  readonly exclusive: Slots
  /** Asks a registry, with other credentials than the settings' if they are given. */
  readonly registry: (name: string, credentials: Credentials | undefined) => RegistryClient
  /** The image if it is here and may be used. */
  readonly find: (reference: string) => Promise<Image | undefined>
  readonly imageOf: (record: ReadRecord) => Image
}

/** Brings images from registries into the store. */
export class ImagePulls {
  readonly #parts: Parts
  /** Frees as many bytes as a pull needs, if it can. */
  #makeRoom: (freeBytes: number) => Promise<void> = async () => {}

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Says who is asked to free space when a pull would not fit. */
  makeRoomBy(makeRoom: (freeBytes: number) => Promise<void>): void {
    this.#makeRoom = makeRoom
  }

  /** See `ImageStore.pull`. */
  async pull(reference: string, options: PullOptions): Promise<Image> {
    const { policy, exclusive, pins } = this.#parts
    const { signal, onProgress, platform = this.#parts.platform, credentials } = options
    const parsed = parseReference(reference)
    const name = formatReference(parsed)
    policy.checkName(parsed)
    const here = parsed.digest === undefined ? undefined : await this.#parts.find(name)
    if (here !== undefined) return here
    const client = this.#parts.registry(parsed.registry, credentials)
    const onRetry = (notice: { url: string; reason: string; delayMs: number }) =>
      onProgress?.({ phase: 'retrying', ...notice })
    const sources = new Sources(client, parsed, {
      onFailed: (failure) => onProgress?.({ phase: 'mirror-failed', ...failure }),
    })
    const image = await sources.ask(
      (source) => resolveImage(client, parsed, platform, { signal, onRetry }, source),
      signal,
    )
    const digests = [image.digest, image.manifestDigest]
    const verification = await policy.verify(parsed, digests, sources, { signal, onRetry })
    return await pins.during(new Set(image.config.rootfs.diff_ids), async () => {
      const missing = await exclusive.run(() => this.#missing(image), signal)
      onProgress?.(resolved(name, image, missing))
      await this.#fetch(sources, name, missing, signal, onProgress)
      signal?.throwIfAborted()
      const record = recordOf(name, image, verification)
      const changed = await exclusive.run(() => this.#name(record))
      onProgress?.({ phase: 'named', changed })
      return this.#parts.imageOf({ ...record, config: image.config })
    })
  }

  /** Layers to download, each once; by diff ID. */
  async #missing({ manifest, config }: ResolvedImage): Promise<Map<string, Descriptor>> {
    const missing = new Map<string, Descriptor>()
    for (const [index, blob] of manifest.layers.entries()) {
      const diffId = config.rootfs.diff_ids[index]
      if (diffId !== undefined && !(await this.#parts.layers.has(diffId))) missing.set(diffId, blob)
    }
    return missing
  }

  /** Whether the name meant something else before. */
  async #name(record: ImageRecord & { reference: string }): Promise<boolean> {
    const { names } = this.#parts
    const former = await names.meaning(record.reference)
    await names.give(record)
    return former !== record.configDigest
  }

  async #fetch(
    sources: Sources,
    name: string,
    missing: ReadonlyMap<string, Descriptor>,
    signal: AbortSignal | undefined,
    onProgress: ((progress: PullProgress) => void) | undefined,
  ): Promise<void> {
    const { space } = this.#parts
    const claim = await space.claim(
      name,
      new Map([...missing].map(([diffId, blob]) => [diffId, this.#writtenBytes(blob)])),
      this.#makeRoom,
    )
    try {
      await this.#fetchLayers(sources, missing, claim, signal, onProgress)
    } finally {
      space.end(claim)
    }
  }

  /** What a layer takes at least: unpacked it is hardly ever smaller, and of a large one the blob is kept too. */
  #writtenBytes(blob: Descriptor, ofBytes = blob.sizeBytes): number {
    return this.#parts.partials.isKept(blob) ? 2 * ofBytes : ofBytes
  }

  async #fetchLayers(
    sources: Sources,
    missing: ReadonlyMap<string, Descriptor>,
    claim: Claim,
    signal: AbortSignal | undefined,
    onProgress: (progress: PullProgress) => void = () => {},
  ): Promise<void> {
    const failed = new AbortController()
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
    const pulls = [...missing].map(async ([diffId, blob]) => {
      const listener = (progress: PullProgress) => {
        if (progress.phase === 'downloading')
          claim.written(diffId, this.#writtenBytes(blob, blob.sizeBytes - progress.receivedBytes))
        onProgress(progress)
      }
      try {
        await this.#parts.pulls.pull({ sources, blob, diffId, signal: either, listener })
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
}

function recordOf(
  reference: string,
  { digest, manifestDigest, manifest, manifestText, configText }: ResolvedImage,
  verification: Verification | undefined,
): ImageRecord & { reference: string } {
  const configDigest = manifest.config.digest
  const namedAt = new Date().toISOString()
  return {
    ...{ reference, digest, manifestDigest, configDigest, configText, manifestText, namedAt },
    ...(verification && { verification }),
  }
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
