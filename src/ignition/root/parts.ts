import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** What a file is made of, one after another: bytes, and what other files have. */
export type Part = Uint8Array | { readonly file: string }

const chunkBytes = 1024 * 1024

/** The bytes of all parts; of files, a MiB at a time. */
export function* chunksOf(parts: readonly Part[]): Generator<Uint8Array, void, undefined> {
  for (const part of parts)
    if (part instanceof Uint8Array) yield part
    else yield* chunksOfFile(part.file)
}

export function sizeOf(parts: readonly Part[]): number {
  return parts.reduce(
    (size, part) => size + (part instanceof Uint8Array ? part.length : statSync(part.file).size),
    0,
  )
}

/** Whether a file has exactly these bytes. */
export function hasParts(path: string, parts: readonly Part[]): boolean {
  const file = openSync(path, 'r')
  try {
    let position = 0
    for (const wanted of chunksOf(parts)) {
      const found = Buffer.alloc(wanted.length)
      if (readFully(file, found, position) < wanted.length || !found.equals(wanted)) return false
      position += wanted.length
    }
    return readSync(file, Buffer.alloc(1), 0, 1, position) === 0
  } finally {
    closeSync(file)
  }
}

function* chunksOfFile(path: string): Generator<Uint8Array, void, undefined> {
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const chunk = Buffer.alloc(chunkBytes)
      const count = readSync(file, chunk)
      if (count === 0) return
      yield chunk.subarray(0, count)
    }
  } finally {
    closeSync(file)
  }
}

function readFully(file: number, into: Buffer, position: number): number {
  let filled = 0
  while (filled < into.length) {
    const count = readSync(file, into, filled, into.length - filled, position + filled)
    if (count === 0) break
    filled += count
  }
  return filled
}
