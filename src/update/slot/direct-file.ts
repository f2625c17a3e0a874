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
  readonly #path: string
  readonly #flags: number
  #file: FileHandle
  #isDirect: boolean

  private constructor(path: string, flags: number, opened: Opened) {
    this.#path = path
    this.#flags = flags
    this.#file = opened.file
    this.#isDirect = opened.isDirect
    this.buffer = opened.buffer
  }

  static async open(path: string, access: 'read' | 'write'): Promise<DirectFile> {
    const flags = access === 'read' ? constants.O_RDONLY : constants.O_RDWR
    const store = Buffer.allocUnsafeSlow(BUFFER_BYTES + BLOCK_BYTES)
    const file = await openIfPossible(path, flags | constants.O_DIRECT)
    const offset = file && (await alignedOffset(file, store))
    if (file !== undefined && offset !== undefined) {
      const buffer = store.subarray(offset, offset + BUFFER_BYTES)
      return new DirectFile(path, flags, { file, buffer, isDirect: true })
    }
    await file?.close()
    const buffer = store.subarray(0, BUFFER_BYTES)
    return new DirectFile(path, flags, { file: await open(path, flags), buffer, isDirect: false })
  }

  /** Writes the beginning of the buffer. */
  async write(length: number, position: number): Promise<void> {
    for (let done = 0; done < length; ) {
      const at = done
      done += await this.#attempt(async (file) => {
        const { bytesWritten } = await file.write(this.buffer, at, length - at, position + at)
        return bytesWritten
      })
      if (done === at) throw new Error('the device takes no more bytes')
    }
  }

  /** Fills the beginning of the buffer; gives fewer bytes only at the end of the file. */
  async read(length: number, position: number): Promise<number> {
    let done = 0
    while (done < length) {
      const at = done
      done += await this.#attempt(async (file) => {
        const { bytesRead } = await file.read(this.buffer, at, length - at, position + at)
        return bytesRead
      })
      // A read that ended within a block has met the end, and cannot be gone on with.
      if (done === at || done % BLOCK_BYTES !== 0) break
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

  /** In a sparse file the probe may have met a hole, for which no memory is too badly aligned. */
  async #attempt(use: (file: FileHandle) => Promise<number>): Promise<number> {
    try {
      return await use(this.#file)
    } catch (error) {
      if (!this.#isDirect || !isInvalid(error)) throw error
      await this.#file.close()
      this.#file = await open(this.#path, this.#flags)
      this.#isDirect = false
      return await use(this.#file)
    }
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

type Opened = { readonly file: FileHandle; readonly buffer: Buffer; readonly isDirect: boolean }

/** Some file systems have no such access. */
async function openIfPossible(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags)
  } catch (error) {
    if (isInvalid(error)) return undefined
    throw error
  }
}

/**
 * Where in the store memory is aligned as the device wants it. JavaScript cannot see addresses, but the
 * kernel refuses a read into memory that is not aligned. Downwards, since malloc gives large
 * memory 16 bytes after the beginning of a page.
 */
async function alignedOffset(file: FileHandle, store: Buffer): Promise<number | undefined> {
  for (let offset = BLOCK_BYTES - 16; offset >= 0; offset -= 16) {
    try {
      await file.read(store, offset, BLOCK_BYTES, 0)
      return offset
    } catch (error) {
      if (!isInvalid(error)) throw error
    }
  }
  return undefined
}

function isInvalid(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EINVAL'
}
