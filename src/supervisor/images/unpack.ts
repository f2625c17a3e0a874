import { Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SlipwayError } from '../../errors/error.ts'
import { imagesErrors } from '../../errors/images.ts'
import { decompressor, detectCompression, isDecompressionError, magicBytes } from './decompress.ts'
import { DigestCheck } from './digest.ts'
import type { LayerFacts } from './layer-facts.ts'
import { RecipeWriter } from './layer-recipe.ts'
import { LayerRewriter } from './layer-rewriter.ts'
import { UnsafeEntryError } from './layer-tree.ts'
import {
  checkLayerSize,
  checkSpace,
  diskFull,
  type StoreLimits,
  spaceCheckBytes,
} from './limits.ts'
import type { Descriptor } from './manifest.ts'
import { TarFormatError } from './tar-header.ts'
import { startTar, type TarEnd } from './tar-program.ts'

export type UnpackOptions = {
  /** The blob as it comes, checked by who gives it. */
  readonly source: AsyncIterable<Buffer>
  readonly blob: Pick<Descriptor, 'digest' | 'sizeBytes'>
  readonly diffId: string
  /** Exists and is empty. */
  readonly directory: string
  /** Where the recipe is written by which the layer's tar can be made again; does not exist yet. */
  readonly recipe: string
  readonly limits: StoreLimits
  /** The path of GNU tar. */
  readonly tar: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Unpacks a layer while it streams. When this resolves, the content had the layer's diff ID and all
 * of it is in the directory; otherwise directory and recipe hold rubbish that the caller removes.
 *
 * @throws SLIPWAY_IMAGES_LAYER_UNSAFE, SLIPWAY_IMAGES_LAYER_DAMAGED, SLIPWAY_IMAGES_LAYER_TOO_LARGE,
 * SLIPWAY_IMAGES_DISK_FULL, SLIPWAY_IMAGES_DIGEST_MISMATCH, SLIPWAY_IMAGES_PROGRAM_FAILED, and what
 * the source throws
 */
export async function unpackLayer(options: UnpackOptions): Promise<LayerFacts> {
  const { source, directory, tar, signal } = options
  const { start, all } = await peek(source)
  signal?.throwIfAborted()
  const recipe = new RecipeWriter(options.recipe)
  const unpacked = new UnpackedStream(options, recipe)
  const program = startTar(tar, directory)
  try {
    await pipeline(
      all,
      decompressor(detectCompression(start)),
      unpacked,
      program.stdin,
      signal === undefined ? {} : { signal },
    )
  } catch (error) {
    // A pipe that broke is tar's doing: its own words say more.
    if (!isBrokenPipe(error)) program.kill()
    const end = await program.end
    await recipe.abandon()
    throw isBrokenPipe(error) ? tarFailure(options, end, error) : layerFailure(options, error)
  }
  const end = await program.end
  if (end.status !== 'exit status 0' || end.complaints !== '') {
    await recipe.abandon()
    throw tarFailure(options, end)
  }
  try {
    await recipe.finish()
  } catch (error) {
    throw layerFailure(options, error)
  }
  return { ...unpacked.sizes, isReproducible: recipe.isReproducible }
}

/** Checks the uncompressed layer against its diff ID and all limits, and gives what tar gets. */
class UnpackedStream extends Transform {
  readonly #options: UnpackOptions
  readonly #check: DigestCheck
  readonly #rewriter: LayerRewriter
  #unpackedBytes = 0
  #spaceCheckedAt = 0

  constructor(options: UnpackOptions, recipe: RecipeWriter) {
    super()
    this.#options = options
    this.#rewriter = new LayerRewriter(recipe)
    this.#check = new DigestCheck(options.diffId)
  }

  get sizes(): Pick<LayerFacts, 'contentBytes' | 'tarBytes'> {
    return { contentBytes: this.#rewriter.contentBytes, tarBytes: this.#unpackedBytes }
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#accept(piece).then(() => done(), done)
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#check.finish('unpacked layer')
      for (const part of this.#rewriter.finish()) this.push(part)
      done()
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async #accept(piece: Buffer): Promise<void> {
    const { blob, limits, directory } = this.#options
    this.#unpackedBytes += piece.length
    this.#check.update(piece)
    for (const part of this.#rewriter.write(piece)) this.push(part)
    const { entryCount } = this.#rewriter
    const { digest, sizeBytes: compressedBytes } = blob
    const unpackedBytes = this.#unpackedBytes
    checkLayerSize({ digest, compressedBytes, unpackedBytes, entryCount }, limits)
    if (unpackedBytes - this.#spaceCheckedAt < spaceCheckBytes) return
    this.#spaceCheckedAt = unpackedBytes
    await checkSpace(`layer ${digest}`, directory, spaceCheckBytes, limits.reserveBytes)
  }
}

/** The first bytes of a stream, and the stream as if nothing had been taken from it. */
export async function peek(
  source: AsyncIterable<Buffer>,
): Promise<{ start: Buffer; all: AsyncGenerator<Buffer> }> {
  const pieces = source[Symbol.asyncIterator]()
  let start: Buffer = Buffer.alloc(0)
  while (start.length < magicBytes) {
    const next = await pieces.next()
    if (next.done === true) break
    start = Buffer.concat([start, next.value])
  }
  const held = start
  async function* all() {
    try {
      if (held.length > 0) yield held
      for (;;) {
        const next = await pieces.next()
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await pieces.return?.()
    }
  }
  return { start, all: all() }
}

function isBrokenPipe(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}

function layerFailure({ blob, directory, limits }: UnpackOptions, error: unknown): unknown {
  const { digest } = blob
  if (error instanceof SlipwayError) return error
  if (error instanceof UnsafeEntryError) {
    const details = { digest, path: error.path, reason: error.reason }
    return imagesErrors.error('SLIPWAY_IMAGES_LAYER_UNSAFE', details, error)
  }
  if (error instanceof TarFormatError || isDecompressionError(error)) {
    const details = { digest, reason: error.message }
    return imagesErrors.error('SLIPWAY_IMAGES_LAYER_DAMAGED', details, error)
  }
  return isNoSpace(error) ? noSpace(digest, directory, limits, error) : error
}

function tarFailure(
  { blob: { digest }, directory, limits, tar }: UnpackOptions,
  { status, complaints }: TarEnd,
  cause?: unknown,
): SlipwayError {
  // A write that was cut short is how GNU tar meets the last free block.
  if (/No space left on device|Disk quota exceeded|Wrote only \d+ of \d+ bytes/.test(complaints)) {
    return noSpace(digest, directory, limits, cause)
  }
  const output = complaints || 'it said nothing'
  return imagesErrors.error(
    'SLIPWAY_IMAGES_PROGRAM_FAILED',
    { program: tar, status, output },
    cause,
  )
}

function noSpace(digest: string, directory: string, { reserveBytes }: StoreLimits, cause: unknown) {
  const sizes = { neededBytes: spaceCheckBytes, availableBytes: 0, reserveBytes }
  return diskFull(`layer ${digest}`, directory, sizes, cause)
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC'
}
