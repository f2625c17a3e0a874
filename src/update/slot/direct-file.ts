import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Length of the one buffer that a DirectFile moves bytes through. */
export const BUFFER_BYTES = 1 << 20

/** Lengths and positions are multiples of this, the largest sector of today's disks. */
export const BLOCK_BYTES = 4096

/**
 * A file or device that is read and written past the page cache (O_DIRECT), where it can be: what is read
 * back then comes from the disk, and a gigabyte that is written pushes nothing else out of memory. One
 * aligned buffer is all the memory it takes.
 */
export class DirectFile implements AsyncDisposable {
  readonly buffer: Buffer
  readonly #file: FileHandle

  private constructor(file: FileHandle, buffer: Buffer) {
    this.#file = file
    this.buffer = buffer
  }

  static async open(path: string, access: 'read' | 'write'): Promise<DirectFile> {
    const flags = access === 'read' ? constants.O_RDONLY : constants.O_RDWR
    const store = Buffer.allocUnsafeSlow(BUFFER_BYTES + BLOCK_BYTES)
    const direct = await openIfPossible(path, flags | constants.O_DIRECT)
    if (direct !== undefined) {
      const offset = await alignedOffset(direct, store)
      if (offset !== undefined)
        return new DirectFile(direct, store.subarray(offset, offset + BUFFER_BYTES))
      await direct.close()
    }
    return new DirectFile(await open(path, flags), store.subarray(0, BUFFER_BYTES))
  }

  /** Writes the beginning of the buffer. */
  async write(length: number, position: number): Promise<void> {
    for (let done = 0; done < length; ) {
      const { bytesWritten } = await this.#file.write(
        this.buffer,
        done,
        length - done,
        position + done,
      )
      if (bytesWritten === 0) throw new Error('the device takes no more bytes')
      done += bytesWritten
    }
  }

  /** Fills the beginning of the buffer; gives fewer bytes only at the end of the file. */
  async read(length: number, position: number): Promise<number> {
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.#file.read(this.buffer, done, length - done, position + done)
      done += bytesRead
      // A read that ended within a block has met the end, and cannot be gone on with.
      if (bytesRead === 0 || done % BLOCK_BYTES !== 0) break
    }
    return done
  }

  /** When this returns, what was written is on the disk. */
  async sync(): Promise<void> {
    await this.#file.datasync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

/**
 * Gives the bytes of a range one buffer after the other; each is overwritten by the next. Fewer bytes come
 * when the file is shorter.
 */
export async function* readRange(
  file: DirectFile,
  position: number,
  length: number,
): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; ) {
    const wanted = Math.min(BUFFER_BYTES, length - done)
    const read = await file.read(wholeBlocks(wanted), position + done)
    const bytes = Math.min(read, wanted)
    if (bytes === 0) return
    yield file.buffer.subarray(0, bytes)
    done += bytes
  }
}

/** The length rounded up to whole blocks. */
export function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES
}

/** Some file systems have no such access. */
async function openIfPossible(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined
    throw error
  }
}

/**
 * Where in the store memory is aligned as the device wants it. JavaScript cannot see addresses, but the
 * kernel refuses a read into memory that is not aligned.
 */
async function alignedOffset(file: FileHandle, store: Buffer): Promise<number | undefined> {
  for (let offset = 0; offset < BLOCK_BYTES; offset += 16) {
    try {
      await file.read(store, offset, BLOCK_BYTES, 0)
      return offset
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
    }
  }
  return undefined
}
