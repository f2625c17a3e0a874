import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { runInSandbox } from './sandbox.ts'

type Extent = { readonly start: number; readonly length: number; readonly data: boolean }

const CHUNK_BYTES = 4 << 20

/**
 * SHA-256 of a file that is mostly holes, in lower-case hexadecimal. Only what is there is read: to read
 * a hole costs as much as to read data. qemu-img of the tools tree knows where the holes are; Node
 * does not.
 */
export async function sparseFileDigest(
  path: string,
  tools: string,
  signal: AbortSignal,
): Promise<string> {
  const map = await runInSandbox(tools, { readable: [dirname(path)], signal }, 'qemu-img', [
    'map',
    '--image-opts',
    `driver=raw,file.driver=file,file.locking=off,file.filename=${path}`,
    '--output=json',
  ])
  const hash = createHash('sha256')
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    let at = 0
    for (const { start, length, data } of JSON.parse(map) as Extent[]) {
      signal.throwIfAborted()
      if (start !== at) throw new Error(`qemu-img left out what lies at ${at} of ${path}`)
      if (data) await hashRange(hash, file, start, Math.min(length, size - start))
      else hashZeros(hash, Math.min(length, size - start))
      at += length
    }
    if (at < size) throw new Error(`qemu-img left out what lies at ${at} of ${path}`)
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}

async function hashRange(hash: Hash, file: FileHandle, start: number, length: number) {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, length))
  for (let at = start; at < start + length; ) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, start + length - at), at)
    if (bytesRead === 0) throw new Error('a file ended while it was read')
    hash.update(chunk.subarray(0, bytesRead))
    at += bytesRead
  }
}

function hashZeros(hash: Hash, length: number): void {
  for (let left = length; left > 0; left -= CHUNK_BYTES)
    hash.update(left < CHUNK_BYTES ? zeros.subarray(0, left) : zeros)
}

const zeros = Buffer.alloc(CHUNK_BYTES)
