import { type FileHandle, open } from 'node:fs/promises'
import { updateDeltaErrors } from '../../errors/update-delta.ts'
import type { Extent } from '../slot/layout.ts'

const READ_BYTES = 1 << 20

/** What runs, from which parts of the new release are taken: a partition, or a file of the ESP. */
export class Seed implements AsyncDisposable {
  readonly extent: Extent
  readonly #file: FileHandle

  private constructor(extent: Extent, file: FileHandle) {
    this.extent = extent
    this.#file = file
  }

  /** @throws SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE, as the other calls */
  static async open(extent: Extent): Promise<Seed> {
    return new Seed(extent, await readable(extent, () => open(extent.path, 'r')))
  }

  /** Fills `into` from an offset of the seed on. */
  async read(into: Buffer, offsetBytes: number): Promise<void> {
    const { extent } = this
    if (offsetBytes < 0 || offsetBytes + into.length > extent.sizeBytes)
      throw unreadable(extent, `it ends before ${offsetBytes + into.length}`)
    await readable(extent, async () => {
      for (let done = 0; done < into.length; ) {
        const position = extent.offsetBytes + offsetBytes + done
        const { bytesRead } = await this.#file.read(into, done, into.length - done, position)
        if (bytesRead === 0) throw unreadable(extent, 'it is shorter than it should be')
        done += bytesRead
      }
    })
  }

  /** All of it, one buffer after the other; each is overwritten by the next. */
  async *pieces(signal?: AbortSignal): AsyncGenerator<Buffer> {
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    for (let done = 0; done < this.extent.sizeBytes; ) {
      signal?.throwIfAborted()
      const piece = buffer.subarray(0, Math.min(READ_BYTES, this.extent.sizeBytes - done))
      await this.read(piece, done)
      done += piece.length
      yield piece
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

async function readable<T>(extent: Extent, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw unreadable(extent, error.message, error)
  }
}

function unreadable({ path }: Extent, reason: string, cause?: unknown) {
  return updateDeltaErrors.error('SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE', { path, reason }, cause)
}
