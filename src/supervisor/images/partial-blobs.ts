import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ifAbsent } from '../../files/absence.ts'
import type { Descriptor } from './manifest.ts'

/** Smaller ones are sooner fetched again than written twice. */
export const worthKeepingBytes = 64 * 1024 * 1024

/** One that nobody went on with for so long is not waited for. */
const keptForMs = 24 * 3_600_000

/** Written together: a system call for each piece of the network costs more than the copy. */
const batchBytes = 1024 * 1024

/**
 * What has come of blobs that are not yet here, by their digests, so that a later pull goes on with them,
 * also after this process. Nothing in here is believed: the digest of the whole decides.
 */
export class PartialBlobs {
  readonly #directory: string
  readonly #fromBytes: number
  readonly #open = new Set<string>()

  private constructor(directory: string, fromBytes: number) {
    this.#directory = directory
    this.#fromBytes = fromBytes
  }

  static async open(directory: string, fromBytes = worthKeepingBytes): Promise<PartialBlobs> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const partials = new PartialBlobs(directory, fromBytes)
    await partials.drop({ olderThanMs: keptForMs })
    return partials
  }

  isKept({ sizeBytes }: Descriptor): boolean {
    return sizeBytes >= this.#fromBytes
  }

  /** The part of a blob; undefined when none is kept of it, or another download writes it. */
  async of(blob: Descriptor): Promise<PartialBlob | undefined> {
    if (!this.isKept(blob) || this.#open.has(blob.digest)) return undefined
    this.#open.add(blob.digest)
    try {
      const path = join(this.#directory, nameOf(blob.digest))
      return await PartialBlob.open(path, blob, () => this.#open.delete(blob.digest))
    } catch (error) {
      this.#open.delete(blob.digest)
      throw error
    }
  }

  /** Removes those that no download has; with a time, only those that nobody wrote for so long. */
  async drop({ olderThanMs }: { readonly olderThanMs?: number } = {}): Promise<void> {
    const inUse = [...this.#open].map(nameOf)
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name)
      const found = await stat(path).catch(ifAbsent)
      if (inUse.includes(name) || found === undefined) continue
      if (olderThanMs !== undefined && Date.now() - found.mtimeMs < olderThanMs) continue
      await rm(path, { force: true })
    }
  }
}

/** What has come of one blob. Failing to keep it fails no download. */
export class PartialBlob {
  readonly keptBytes: number
  readonly #path: string
  readonly #onClose: () => void
  #file: FileHandle | undefined
  #batch: Buffer[] = []
  #batchedBytes = 0
  #written: Promise<unknown> = Promise.resolve()

  private constructor(path: string, file: FileHandle, keptBytes: number, onClose: () => void) {
    this.#path = path
    this.#file = file
    this.keptBytes = keptBytes
    this.#onClose = onClose
  }

  static async open(path: string, { sizeBytes }: Descriptor, onClose: () => void) {
    const file = await open(path, 'a+', 0o600)
    try {
      let { size } = await file.stat()
      if (size > sizeBytes) {
        await file.truncate(0)
        size = 0
      }
      return new PartialBlob(path, file, size, onClose)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** What earlier tries have brought, from the beginning. */
  async *kept(): AsyncGenerator<Buffer, void, undefined> {
    for (let at = 0; at < this.keptBytes; ) {
      const buffer = Buffer.allocUnsafe(Math.min(batchBytes, this.keptBytes - at))
      const bytesRead = (await this.#file?.read(buffer, 0, buffer.length, at))?.bytesRead ?? 0
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  /** Adds what has come; waits only for what was added before. */
  async add(piece: Buffer): Promise<void> {
    this.#batch.push(piece)
    this.#batchedBytes += piece.length
    if (this.#batchedBytes >= batchBytes) await this.#flush()
  }

  /** Leaves it for another download. */
  async leave(): Promise<void> {
    await this.#flush()
    await this.#written
    await this.#close()
  }

  /** Removes it: the blob is here, or this was no part of it. */
  async remove(): Promise<void> {
    await this.#written
    await rm(this.#path, { force: true })
    await this.#close()
  }

  async #flush(): Promise<void> {
    await this.#written
    const file = this.#file
    const batch = Buffer.concat(this.#batch)
    this.#batch = []
    this.#batchedBytes = 0
    if (file === undefined || batch.length === 0) return
    this.#written = file.appendFile(batch).catch(async () => {
      // A disk that is full, for example: then the rest of the download is worth more than its beginning.
      this.#file = undefined
      await file.close()
      await rm(this.#path, { force: true })
    })
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
    this.#onClose()
  }
}

function nameOf(digest: string): string {
  return digest.replace(':', '-')
}
