import type { RepositoryName } from './authorization.ts'
import { downloadBlob } from './blob-download.ts'
import { JoinedTasks } from './joined-tasks.ts'
import type { LayerStore } from './layer-store.ts'
import type { StoreLimits } from './limits.ts'
import type { Descriptor } from './manifest.ts'
import type { RegistryClient } from './registry.ts'
import { Slots } from './slots.ts'
import type { PullProgress } from './types.ts'
import { unpackLayer } from './unpack.ts'

export type LayerPull = {
  readonly client: RegistryClient
  readonly name: RepositoryName
  readonly blob: Descriptor
  readonly diffId: string
  readonly signal: AbortSignal
  readonly listener: (progress: PullProgress) => void
}

type Parts = {
  readonly layers: LayerStore
  readonly limits: StoreLimits
  readonly tar: string
  readonly downloads: number
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
        return this.#slots.run(() => this.#fetch(wanted, taskSignal, emit), taskSignal)
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

  async #fetch(
    { client, name, blob, diffId }: LayerPull,
    signal: AbortSignal,
    emit: (progress: PullProgress) => void,
  ): Promise<void> {
    const { layers, limits, tar } = this.#parts
    if (!(await layers.has(diffId))) {
      const onRetry = (notice: { url: string; reason: string; delayMs: number }) =>
        emit({ phase: 'retrying', ...notice })
      await layers.add(diffId, async (directory, recipe) => {
        const source = told(downloadBlob(client, name, blob, { signal, onRetry }), blob, emit)
        return await unpackLayer({ source, blob, diffId, directory, recipe, limits, tar, signal })
      })
    }
    emit({ phase: 'layer-stored', digest: blob.digest, diffId })
  }
}

/** The same pieces, with progress told on the way. */
async function* told(
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
