import { type FileHandle, open } from 'node:fs/promises'

/** What the guest asked of a disk, in the order in which the disk carried it out. */
export type LoggedRequest =
  | {
      readonly kind: 'write'
      readonly offsetBytes: number
      readonly lengthBytes: number
      /** Where the log has the bytes. */
      readonly dataAt: number
    }
  | { readonly kind: 'discard'; readonly offsetBytes: number; readonly lengthBytes: number }
  /** What was written before it outlives a power cut. */
  | { readonly kind: 'flush' }

export type WriteLog = {
  readonly requests: readonly LoggedRequest[]
  /** The bytes of a write. */
  read(write: Extract<LoggedRequest, { kind: 'write' }>): Promise<Buffer>
  close(): Promise<void>
}

/**
 * Opens the log that a disk's `writeLog` received; the machine must have ended in order (`unplug`, or its own
 * power-off). The format is that of Linux's dm-log-writes, as QEMU's driver blklogwrites has it. Throws an Error
 * for a file that is none.
 */
export async function openWriteLog(file: string): Promise<WriteLog> {
  const handle = await open(file, 'r')
  try {
    const requests = await readRequests(handle, file)
    return {
      requests,
      read: ({ dataAt, lengthBytes }) => readAt(handle, dataAt, lengthBytes),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

const MAGIC = 0x6a736677736872n
const VERSION = 1n
const HEADER_BYTES = 32
const flags = { flush: 1n, fua: 2n, discard: 4n, mark: 8n }

async function readRequests(handle: FileHandle, file: string): Promise<LoggedRequest[]> {
  const superblock = await readAt(handle, 0, HEADER_BYTES)
  const [magic, version] = [superblock.readBigUInt64LE(0), superblock.readBigUInt64LE(8)]
  if (magic !== MAGIC || version !== VERSION) throw new Error(`${file} is no log of writes`)
  const count = Number(superblock.readBigUInt64LE(16))
  const sectorBytes = superblock.readUInt32LE(24)
  const requests: LoggedRequest[] = []
  let at = sectorBytes
  for (let index = 0; index < count; index++) {
    const header = await readAt(handle, at, HEADER_BYTES)
    const offsetBytes = Number(header.readBigUInt64LE(0)) * sectorBytes
    const lengthBytes = Number(header.readBigUInt64LE(8)) * sectorBytes
    const flag = header.readBigUInt64LE(16)
    at += sectorBytes
    if ((flag & flags.mark) !== 0n) continue
    if ((flag & flags.flush) !== 0n) requests.push({ kind: 'flush' })
    if ((flag & flags.discard) !== 0n) requests.push({ kind: 'discard', offsetBytes, lengthBytes })
    else if (lengthBytes > 0) {
      requests.push({ kind: 'write', offsetBytes, lengthBytes, dataAt: at })
      at += lengthBytes
    }
    if ((flag & flags.fua) !== 0n) requests.push({ kind: 'flush' })
  }
  return requests
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done)
    // Zeros at the end may not have been written out.
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes
}
