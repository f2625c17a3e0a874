import { type FileHandle, open } from 'node:fs/promises'
import type { LoggedRequest, WriteLog } from './write-log.ts'

/** A moment at which the power goes. */
export type PowerCut = {
  /** So many requests were carried out. */
  readonly after: number
  /**
   * What becomes of the writes that no flush had brought to the disk: it may have taken them all, none, or some,
   * the last of those half.
   */
  readonly unflushed: 'kept' | 'lost' | 'some'
}

type Write = Extract<LoggedRequest, { kind: 'write' }>

/**
 * Brings a raw disk image, step by step, into the states that power cuts would have left it in; `disk` holds at
 * first what it held when the log began. What the guest discarded stays as it was: a disk promises nothing about it.
 */
export class DiskReplay {
  readonly #log: WriteLog
  readonly #disk: FileHandle
  /** So many requests are on the disk for good. */
  #settled = 0
  #undo: { offsetBytes: number; bytes: Buffer }[] = []

  private constructor(log: WriteLog, disk: FileHandle) {
    this.#log = log
    this.#disk = disk
  }

  static async open(log: WriteLog, disk: string): Promise<DiskReplay> {
    return new DiskReplay(log, await open(disk, 'r+'))
  }

  /** Makes the disk what this cut leaves. Cuts must come in the order of their requests. */
  async cut(cut: PowerCut): Promise<void> {
    for (const { offsetBytes, bytes } of this.#undo.reverse()) await this.#write(bytes, offsetBytes)
    this.#undo = []
    const { requests } = this.#log
    const flushed = flushedBefore(requests, cut.after)
    if (flushed < this.#settled) throw new RangeError('a replay does not go back')
    for (const request of requests.slice(this.#settled, flushed))
      if (request.kind === 'write')
        await this.#write(await this.#log.read(request), request.offsetBytes)
    this.#settled = flushed
    for (const { write, lengthBytes } of survivors(requests, cut)) {
      const bytes = (await this.#log.read(write)).subarray(0, lengthBytes)
      const before = Buffer.alloc(bytes.length)
      await this.#disk.read(before, 0, before.length, write.offsetBytes)
      this.#undo.push({ offsetBytes: write.offsetBytes, bytes: before })
      await this.#write(bytes, write.offsetBytes)
    }
  }

  close(): Promise<void> {
    return this.#disk.close()
  }

  async #write(bytes: Buffer, offsetBytes: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const left = bytes.length - done
      done += (await this.#disk.write(bytes, done, left, offsetBytes + done)).bytesWritten
    }
  }
}

/** How many of the requests before a moment are on the disk for certain: those up to the last flush. */
export function flushedBefore(requests: readonly LoggedRequest[], after: number): number {
  for (let index = after - 1; index >= 0; index--)
    if (requests[index]?.kind === 'flush') return index + 1
  return 0
}

/** Which writes that no flush had brought to the disk are on it all the same, and how much of each. */
export function survivors(
  requests: readonly LoggedRequest[],
  { after, unflushed }: PowerCut,
): { readonly write: Write; readonly lengthBytes: number }[] {
  if (unflushed === 'lost') return []
  const writes = requests
    .slice(flushedBefore(requests, after), after)
    .filter((request) => request.kind === 'write')
    .map((write) => ({ write, lengthBytes: write.lengthBytes }))
  if (unflushed === 'kept') return writes
  const some = writes.filter((_, index) => isHeads(after, index))
  const last = some.at(-1)
  // A disk writes a sector as a whole.
  if (last !== undefined) {
    const sectors = Math.ceil(last.lengthBytes / SECTOR_BYTES / 2)
    some[some.length - 1] = { write: last.write, lengthBytes: sectors * SECTOR_BYTES }
  }
  return some
}

const SECTOR_BYTES = 512

/** A coin that falls the same way in each run. */
function isHeads(moment: number, index: number): boolean {
  let bits = Math.imul(moment + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d)
  return ((bits >>> 13) & 1) === 1
}
