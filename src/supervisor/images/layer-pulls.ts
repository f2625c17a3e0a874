import { isSlipwayError } from '../../errors/error.ts'
import { BlobDownload, isWrongContent } from './blob-download.ts'
import { JoinedTasks } from './joined-tasks.ts'
import type { LayerStore } from './layer-store.ts'
import type { StoreLimits } from './limits.ts'
import type { Descriptor } from './manifest.ts'
import type { PartialBlob, PartialBlobs } from './partial-blobs.ts'
import { Slots } from './slots.ts'
import { Sources } from './sources.ts'
import type { PullProgress } from './types.ts'
import { unpackLayer } from './unpack.ts'

export type LayerPull = {
  readonly sources: Sources
  readonly blob: Descriptor
  readonly diffId: string
  readonly signal: AbortSignal
  readonly listener: (progress: PullProgress) => void
}

type Parts = {
  readonly layers: LayerStore
  readonly partials: PartialBlobs
  readonly limits: StoreLimits
  readonly tar: string
  readonly downloads: number
}

/** Who is told what while a layer is fetched. */
type Told = {
  readonly emit: (progress: PullProgress) => void
  /** It has but to go to the disk, and the next can come meanwhile. */
  readonly unpacked: () => void
}

/** Progress is told again after this much arrived. */
const progressStepBytes = 512 * 1024

/** Downloads layers and unpacks them while they come, a few at a time, each once. */
export class LayerPulls {
  readonly #parts: Parts
  readonly #slots: Slots
  readonly #running = new JoinedTasks<PullProgress, void>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#slots = new Slots(parts.downloads)
  }

  /**
   * Resolves when the layer is in the store. A download that another image started may fail for
   * that image's own reasons, such as its registry; then this one tries for itself.
   */
  async pull(wanted: LayerPull): Promise<void> {
    const { blob, diffId, signal, listener } = wanted
    for (;;) {
      let own = false
      const start = (taskSignal: AbortSignal, emit: (progress: PullProgress) => void) => {
        own = true
        return this.#slots.run(
          (leave) => this.#fetch(wanted, taskSignal, { emit, unpacked: leave }),
          taskSignal,
        )
      }
      try {
        await this.#running.join(`${blob.digest} ${diffId}`, start, { signal, listener })
        return
      } catch (error) {
        signal.throwIfAborted()
        if (own) throw error
      }
    }
  }

  async #fetch(wanted: LayerPull, signal: AbortSignal, told: Told): Promise<void> {
    const { layers, partials } = this.#parts
    const { blob, diffId } = wanted
    if (!(await layers.has(diffId))) {
      const partial = await partials.of(blob)
      try {
        await this.#fetchWith(wanted, partial, signal, told)
        await partial?.remove()
      } catch (error) {
        if (isOfUse(error)) await partial?.leave()
        else await partial?.remove()
        throw error
      }
    }
    told.emit({ phase: 'layer-stored', digest: blob.digest, diffId })
  }

  /** What comes from mirrors and from earlier downloads may be wrong: the registry has the last word. */
  async #fetchWith(
    { sources, blob, diffId }: LayerPull,
    partial: PartialBlob | undefined,
    signal: AbortSignal,
    told: Told,
  ): Promise<void> {
    const download = new BlobDownload(sources, blob, partial)
    try {
      await this.#store(download, blob, diffId, signal, told)
    } catch (error) {
      if (download.isOriginal || !isWrongContent(error)) throw error
      const { best, origin, client } = sources
      if (best !== origin) sources.giveUp(best, error)
      const again = new BlobDownload(new Sources(client, origin, { withMirrors: false }), blob)
      await this.#store(again, blob, diffId, signal, told)
    }
  }

  async #store(
    download: BlobDownload,
    blob: Descriptor,
    diffId: string,
    signal: AbortSignal,
    { emit, unpacked }: Told,
  ): Promise<void> {
    const { layers, limits, tar } = this.#parts
    const onRetry = (notice: { url: string; reason: string; delayMs: number }) =>
      emit({ phase: 'retrying', ...notice })
    await layers.add(diffId, async (directory, recipe) => {
      const source = withProgress(download.pieces({ signal, onRetry }), blob, emit)
      const wanted = { source, blob, diffId, directory, recipe, limits, tar, signal }
      const facts = await unpackLayer(wanted)
      unpacked()
      return facts
    })
  }
}

/** Whether what had come of a blob before an error may be the beginning of what is wanted. */
function isOfUse(error: unknown): boolean {
  return !isWrongContent(error) && !isSlipwayError(error, 'SLIPWAY_IMAGES_DISK_FULL')
}

/** The same pieces, with progress told on the way. */
async function* withProgress(
  pieces: AsyncIterable<Buffer>,
  { digest, sizeBytes }: Descriptor,
  emit: (progress: PullProgress) => void,
): AsyncGenerator<Buffer, void, undefined> {
  let receivedBytes = 0
  let toldBytes = 0
  for await (const piece of pieces) {
    receivedBytes += piece.length
    if (receivedBytes - toldBytes >= progressStepBytes || receivedBytes === sizeBytes) {
      toldBytes = receivedBytes
      emit({ phase: 'downloading', digest, receivedBytes, sizeBytes })
    }
    yield piece
  }
  emit({ phase: 'downloaded', digest, sizeBytes })
}
