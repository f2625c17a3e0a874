import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from './digest.ts'
import { parseImageConfig } from './image-config.ts'
import type { ImageNames } from './image-names.ts'
import type { LayerStore } from './layer-store.ts'
import type { StoreLimits } from './limits.ts'
import type { Pins } from './pins.ts'
import { plainManifest } from './plain-manifest.ts'
import type { Slots } from './slots.ts'
import { unpackLayer } from './unpack.ts'

/** An image that a client gives, and no registry. */
export type GivenImage = {
  /** Checked; byte by byte as its digest is made. */
  readonly configText: string
  /** Canonical, with tags. */
  readonly names: readonly string[]
  /** Layers that may not be here yet. */
  readonly layers: readonly GivenLayer[]
}

export type GivenLayer = {
  readonly diffId: string
  /** Of the archive as it is given, which may be compressed. */
  readonly sizeBytes: number
  /** Ends with an error where the archive is not what it should be. */
  readonly content: () => AsyncIterable<Buffer>
}

export type IntakeProgress =
  | {
      readonly phase: 'unpacking'
      readonly diffId: string
      readonly readBytes: number
      readonly sizeBytes: number
    }
  | {
      readonly phase: 'named'
      readonly reference: string
      /** The other image that had this name before. */
      readonly former: string | undefined
    }

export type IntakeOptions = {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: IntakeProgress) => void
}

type Parts = {
  readonly layers: LayerStore
  readonly names: ImageNames
  readonly limits: StoreLimits
  /** The path of GNU tar. */
  readonly tar: string
  /** Held for short steps that decide by what is in the store. */
  readonly exclusive: Slots
  /** Keeps layers from being collected. */
  readonly pins: Pins
}

/** Where a client's data is kept until it is an image. */
export type Staging = { readonly directory: string; readonly limits: StoreLimits }

const progressStepBytes = 512 * 1024

/** Takes in images that clients load, import or commit. */
export class ImageIntake {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A directory for the time of `work`; what a crash leaves of it is removed when the store is opened. */
  async staged<Result>(work: (staging: Staging) => Promise<Result>): Promise<Result> {
    const { layers, limits } = this.#parts
    const directory = join(layers.staging, randomUUID())
    await mkdir(directory, { mode: 0o700 })
    try {
      return await work({ directory, limits })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  /**
   * Unpacks the layers that are not here, then names the image: killed in between, it leaves layers that
   * the next collection removes. No collection takes them meanwhile. Without a name, the image keeps those
   * that it has.
   *
   * @returns its id
   * @throws as `unpackLayer`, SLIPWAY_IMAGES_RECORD_DAMAGED, and the signal's reason
   */
  async take(
    image: GivenImage,
    { signal, onProgress = () => {} }: IntakeOptions = {},
  ): Promise<string> {
    const { layers, exclusive, pins } = this.#parts
    const bytes = Buffer.from(image.configText)
    const { diff_ids: diffIds } = parseImageConfig(bytes).rootfs
    return await pins.during(diffIds, async () => {
      for (const diffId of new Set(diffIds)) {
        signal?.throwIfAborted()
        const given = image.layers.find((layer) => layer.diffId === diffId)
        if (await exclusive.run(() => layers.has(diffId))) continue
        if (given === undefined) throw new Error(`nobody gives the layer ${diffId}`)
        await this.#unpack(given, signal, onProgress)
      }
      return await exclusive.run(() => this.#name(image, digestOf(bytes), diffIds, onProgress))
    })
  }

  async #unpack(
    { diffId, sizeBytes, content }: GivenLayer,
    signal: AbortSignal | undefined,
    onProgress: (progress: IntakeProgress) => void,
  ): Promise<void> {
    const { layers, limits, tar } = this.#parts
    const told = async function* () {
      let readBytes = 0
      let toldBytes = 0
      for await (const piece of content()) {
        readBytes += piece.length
        if (readBytes - toldBytes >= progressStepBytes || readBytes === sizeBytes) {
          toldBytes = readBytes
          onProgress({ phase: 'unpacking', diffId, readBytes, sizeBytes })
        }
        yield piece
      }
    }
    const blob = { digest: diffId, sizeBytes }
    await layers.add(diffId, (directory, recipe) =>
      unpackLayer({ source: told(), blob, diffId, directory, recipe, limits, tar, signal }),
    )
  }

  async #name(
    { configText, names: wanted }: GivenImage,
    id: string,
    diffIds: readonly string[],
    onProgress: (progress: IntakeProgress) => void,
  ): Promise<string> {
    const { layers, names } = this.#parts
    const facts = await Promise.all(diffIds.map((diffId) => layers.facts(diffId)))
    const plain = diffIds.map((diffId, at) => ({ diffId, tarBytes: facts[at]?.tarBytes ?? 0 }))
    const manifestDigest = plainManifest(configText, plain).digest
    const record = { configDigest: id, configText, manifestDigest }
    for (const reference of wanted) {
      const before = await names.meaning(reference)
      await names.give({ ...record, reference, namedAt: new Date().toISOString() })
      const former = before === id ? undefined : before
      onProgress({ phase: 'named', reference, former })
    }
    const isKnown = (await names.images()).some((image) => image.id === id)
    if (!isKnown) await names.give({ ...record, reference: undefined })
    return id
  }
}
