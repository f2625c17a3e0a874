import { createHash } from 'node:crypto'
import { constants, zstdDecompressSync } from 'node:zlib'
import { updateDeltaErrors } from '../../errors/update-delta.ts'
import type { Artifact } from '../release.ts'
import type { Content } from '../slot/content.ts'
import type { Extent } from '../slot/layout.ts'
import type { Chunk } from './chunk-index.ts'
import { cut, MAXIMUM_CHUNK_BYTES } from './cut.ts'
import { WINDOW_LOG } from './patch-format.ts'
import { Seed } from './seed.ts'

/** Where chunks are that the host has already. */
export type Found = ReadonlyMap<string, { readonly seed: Extent; readonly offsetBytes: number }>

/** A part of the pack, from the server; its bytes are checked here. */
export type PackReader = (fromByte: number, toByte: number) => Promise<Buffer>

/**
 * Looks for chunks in what runs, which is cut as the release was.
 *
 * @throws SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE
 */
export async function findChunks(
  wanted: readonly Chunk[],
  seeds: readonly Extent[],
  signal?: AbortSignal,
): Promise<Found> {
  const missing = new Set(wanted.map(({ sha256 }) => sha256))
  const found = new Map<string, { seed: Extent; offsetBytes: number }>()
  for (const extent of seeds) {
    await using seed = await Seed.open(extent)
    for await (const { offsetBytes, bytes } of cut(seed.pieces(signal))) {
      const sha256 = digestOf(bytes)
      if (missing.delete(sha256)) found.set(sha256, { seed: extent, offsetBytes })
    }
  }
  return found
}

/** The chunks of /usr as well, where they are once it is written: the UKI has programs and modules of it too. */
export function withWritten(found: Found, usr: readonly Chunk[], slot: Extent): Found {
  const all = new Map(found)
  let offsetBytes = 0
  for (const { sha256, sizeBytes } of usr) {
    if (!all.has(sha256)) all.set(sha256, { seed: slot, offsetBytes })
    offsetBytes += sizeBytes
  }
  return all
}

/** What a download of the chunks that are missing brings. */
export function missingBytes(chunks: readonly Chunk[], found: Found): number {
  return runsOf(chunks, found).reduce((sum, run) => sum + run.toByte - run.fromByte, 0)
}

/**
 * Content made of chunks, from what runs and from the pack. Each is held against its digest; one that what
 * runs does not have as expected any more comes from the pack. A piece is overwritten by the next.
 */
export function chunkedContent(
  { sizeBytes, sha256 }: Artifact,
  chunks: readonly Chunk[],
  found: Found,
  readPack: PackReader,
): Content {
  return {
    sizeBytes,
    sha256,
    read: (offsetBytes) => assemble(chunks, found, readPack, offsetBytes),
  }
}

/** @throws SLIPWAY_UPDATE_DELTA_DAMAGED, and what `readPack` throws */
async function* assemble(
  chunks: readonly Chunk[],
  found: Found,
  readPack: PackReader,
  offsetBytes: number,
): AsyncGenerator<Buffer> {
  const rest = from(chunks, offsetBytes)
  let skip = rest.skipBytes
  await using seeds = new OpenSeeds()
  const runs = runsOf(rest.chunks, found)
  let [nextRun, run]: [number, PackRun | undefined] = [0, undefined]
  let packed: Buffer | undefined
  for (const [index, chunk] of rest.chunks.entries()) {
    const place = found.get(chunk.sha256)
    let bytes = place && (await seeds.read(place.seed, place.offsetBytes, chunk))
    if (bytes === undefined && place === undefined) {
      if (run === undefined || index >= run.end) {
        run = runs[nextRun]
        nextRun += 1
        packed = run && (await readPack(run.fromByte, run.toByte))
      }
      const start = chunk.packOffset - (run?.fromByte ?? 0)
      bytes = unpackChunk(packed?.subarray(start, start + chunk.packedBytes), chunk)
    } else if (bytes === undefined) {
      const { packOffset, packedBytes } = chunk
      bytes = unpackChunk(await readPack(packOffset, packOffset + packedBytes), chunk)
    }
    yield bytes.subarray(skip)
    skip = 0
  }
}

/** The chunks from an offset of the content on, and what the first of them begins before it. */
function from(chunks: readonly Chunk[], offsetBytes: number) {
  let end = 0
  for (const [index, { sizeBytes }] of chunks.entries()) {
    end += sizeBytes
    if (end > offsetBytes)
      return { chunks: chunks.slice(index), skipBytes: offsetBytes - (end - sizeBytes) }
  }
  return { chunks: [], skipBytes: 0 }
}

/** What is asked of the server at once: chunks whose bytes in the pack lie together. */
type PackRun = {
  readonly fromByte: number
  readonly toByte: number
  /** Number of the first chunk of the content that it is not for any more. */
  readonly end: number
}

/** A gap is downloaded too where that takes less than asking once more. */
const GAP_BYTES = 16 << 10
/** Held in memory at a time. */
const RUN_BYTES = 512 << 10

function runsOf(chunks: readonly Chunk[], found: Found): PackRun[] {
  const runs: PackRun[] = []
  for (const [index, { sha256, packOffset, packedBytes }] of chunks.entries()) {
    if (found.has(sha256)) continue
    const toByte = packOffset + packedBytes
    const last = runs.at(-1)
    const goesOn =
      last !== undefined &&
      packOffset >= last.toByte &&
      packOffset - last.toByte <= GAP_BYTES &&
      toByte - last.fromByte <= RUN_BYTES
    if (goesOn) runs[runs.length - 1] = { fromByte: last.fromByte, toByte, end: index + 1 }
    else runs.push({ fromByte: packOffset, toByte, end: index + 1 })
  }
  return runs
}

function unpackChunk(packed: Buffer | undefined, { sha256, sizeBytes }: Chunk): Buffer {
  const damaged = (reason: string, cause?: unknown) =>
    updateDeltaErrors.error(
      'SLIPWAY_UPDATE_DELTA_DAMAGED',
      { what: `Chunk ${sha256.slice(0, 16)}`, reason },
      cause,
    )
  let bytes: Buffer
  try {
    bytes = zstdDecompressSync(packed ?? Buffer.alloc(0), {
      maxOutputLength: sizeBytes,
      chunkSize: Math.max(64, sizeBytes),
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    })
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error)
  }
  if (bytes.length !== sizeBytes || digestOf(bytes) !== sha256)
    throw damaged('it has another SHA-256')
  return bytes
}

/** Seeds that are open while content is made of them. */
class OpenSeeds implements AsyncDisposable {
  readonly #open = new Map<Extent, Seed>()
  readonly #buffer = Buffer.allocUnsafe(MAXIMUM_CHUNK_BYTES)

  /** A chunk's bytes; undefined if they are not there any more. */
  async read(extent: Extent, offsetBytes: number, chunk: Chunk): Promise<Buffer | undefined> {
    const seed = this.#open.get(extent) ?? (await Seed.open(extent))
    this.#open.set(extent, seed)
    const bytes = this.#buffer.subarray(0, chunk.sizeBytes)
    await seed.read(bytes, offsetBytes)
    return digestOf(bytes) === chunk.sha256 ? bytes : undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const seed of this.#open.values()) await seed[Symbol.asyncDispose]()
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
