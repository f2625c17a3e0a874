import { createReadStream, createWriteStream } from 'node:fs'
import { constants, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress, createZstdDecompress } from 'node:zlib'
import { imagesErrors } from '../../errors/images.ts'
import { DigestCheck } from './digest.ts'
import type { TarHeader } from './tar-header.ts'

/** What a reader of a layer tells to the one who writes the recipe. */
export type RecipeSink = {
  /** An entry was admitted; the frame that comes next has its header. */
  readonly entry: (written: Pick<TarHeader, 'type' | 'name' | 'sizeBytes'>) => void
  /** Bytes of the archive that are not in a file of the unpacked layer. */
  readonly frame: (piece: Buffer) => void
}

/**
 * The kinds of steps of a recipe. On disk: zstd of steps, each a byte for its kind, a length (32 bits,
 * big endian) and that many bytes; a file's step has its size (64 bits) before its path.
 */
const kinds = { bytes: 0, file: 1 } as const

type Step = { readonly bytes: Buffer } | { readonly path: Buffer; readonly sizeBytes: number }

const longestStep = 1024 * 1024
const headBytes = 5

/**
 * Writes down how a layer's tar can be made again, bit by bit, from the files that were unpacked: its
 * headers as they are, and which file's content stands where. (The idea is that of vbatts/tar-split.)
 */
export class RecipeWriter implements RecipeSink {
  readonly #compressor = createZstdCompress()
  readonly #written: Promise<void>
  /** Paths whose content is asked for when the layer is made again. */
  readonly #files = new Set<string>()
  #pending: Buffer[] = []
  #pendingBytes = 0
  #file: { path: string; sizeBytes: number } | undefined
  #isReproducible = true

  /** @param file does not exist yet */
  constructor(file: string) {
    const target = createWriteStream(file, { mode: 0o600, flags: 'wx' })
    // Either end takes the other with it, whoever fails or gives up.
    this.#written = pipeline(this.#compressor, target)
    // Told by `finish`; a layer that fails for another reason has nobody who waits.
    this.#written.catch(() => {})
  }

  /** False once an entry replaced a file of the same layer: its content is lost. */
  get isReproducible(): boolean {
    return this.#isReproducible
  }

  entry({ type, name, sizeBytes }: Pick<TarHeader, 'type' | 'name' | 'sizeBytes'>): void {
    if (this.#files.has(name)) this.#isReproducible = false
    if (type !== 'file' || sizeBytes === 0) return
    this.#files.add(name)
    this.#file = { path: name, sizeBytes }
  }

  frame(piece: Buffer): void {
    // A copy: the piece is a part of a buffer that may be used again.
    this.#pending.push(Buffer.from(piece))
    this.#pendingBytes += piece.length
    const file = this.#file
    if (file !== undefined) {
      this.#flush()
      const path = Buffer.from(file.path, 'latin1')
      const size = Buffer.alloc(8)
      size.writeBigUInt64BE(BigInt(file.sizeBytes))
      this.#write(kinds.file, Buffer.concat([size, path]))
      this.#file = undefined
    } else if (this.#pendingBytes >= longestStep / 2) this.#flush()
  }

  /** Resolves when the recipe is in its file, which is not yet synced. */
  async finish(): Promise<void> {
    this.#flush()
    this.#compressor.end()
    await this.#written
  }

  /** Gives up; the file stays as it is. */
  async abandon(): Promise<void> {
    this.#compressor.destroy()
    await this.#written.catch(() => {})
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    for (let at = 0; at < bytes.length; at += longestStep)
      this.#write(kinds.bytes, bytes.subarray(at, at + longestStep))
  }

  #write(kind: number, content: Buffer): void {
    const head = Buffer.alloc(headBytes)
    head.writeUInt8(kind, 0)
    head.writeUInt32BE(content.length, 1)
    this.#compressor.write(head)
    this.#compressor.write(content)
  }
}

/**
 * Makes a layer's tar again. The last piece is given only after the whole proved to have the diff ID: a
 * reader that saw the end has the true content.
 *
 * @throws SLIPWAY_IMAGES_DIGEST_MISMATCH, SLIPWAY_IMAGES_LAYER_CHANGED
 */
export async function* remakeLayer(
  recipe: string,
  directory: string,
  diffId: string,
): AsyncGenerator<Buffer, void, undefined> {
  const check = new DigestCheck(diffId)
  let held: Buffer | undefined
  for await (const piece of pieces(recipe, directory, diffId)) {
    check.update(piece)
    if (held !== undefined) yield held
    held = piece
  }
  check.finish('layer made again')
  if (held !== undefined) yield held
}

async function* pieces(recipe: string, directory: string, diffId: string) {
  const source = createReadStream(recipe)
  const plain = createZstdDecompress()
  source.once('error', (error) => plain.destroy(error))
  try {
    for await (const step of steps(source.pipe(plain))) {
      if ('bytes' in step) yield step.bytes
      else yield* contentOf(directory, step, diffId)
    }
  } finally {
    source.destroy()
    plain.destroy()
  }
}

async function* steps(plain: Readable): AsyncGenerator<Step, void, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of plain) {
    rest = Buffer.concat([rest, Buffer.from(chunk)])
    for (;;) {
      if (rest.length < headBytes) break
      const end = headBytes + rest.readUInt32BE(1)
      if (rest.length < end) break
      const content = rest.subarray(headBytes, end)
      yield rest.readUInt8(0) === kinds.bytes
        ? { bytes: content }
        : { sizeBytes: Number(content.readBigUInt64BE(0)), path: content.subarray(8) }
      rest = rest.subarray(end)
    }
  }
}

/** Paths of a layer go through its own directories only (`LayerTree`), and end at a file. */
async function* contentOf(
  directory: string,
  { path, sizeBytes }: { path: Buffer; sizeBytes: number },
  diffId: string,
): AsyncGenerator<Buffer, void, undefined> {
  const absolute = Buffer.concat([Buffer.from(join(directory, '/')), path])
  await using file = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW)
  let left = sizeBytes
  for await (const chunk of file.createReadStream({
    autoClose: false,
    highWaterMark: 256 * 1024,
  })) {
    const piece = Buffer.from(chunk)
    left -= piece.length
    yield piece
  }
  if (left === 0) return
  const details = { diffId, path: path.toString('utf8') }
  throw imagesErrors.error('SLIPWAY_IMAGES_LAYER_CHANGED', details)
}
