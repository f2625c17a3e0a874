import { updateDeltaErrors } from '../../errors/update-delta.ts'
import type { Artifact } from '../release.ts'
import type { Content } from '../slot/content.ts'
import type { Extent } from '../slot/layout.ts'
import { operationKinds, PATCH_MAGIC, SEGMENT_BYTES, SEGMENT_HEADER_BYTES } from './patch-format.ts'
import { Seed } from './seed.ts'
import { unpackFile } from './unpack.ts'

/**
 * What a patch makes of what runs (format: patch-format.ts). Whether it is right is told by the content's digest
 * alone. Reading from an offset on passes over the patch's earlier segments. Each piece is overwritten by the next.
 */
export function patchedContent(
  { sizeBytes, sha256 }: Artifact,
  patch: string,
  seed: Extent,
): Content {
  return { sizeBytes, sha256, read: (offsetBytes) => applyPatch(patch, seed, offsetBytes) }
}

/** @throws SLIPWAY_UPDATE_DELTA_DAMAGED, SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE */
async function* applyPatch(
  patch: string,
  extent: Extent,
  offsetBytes: number,
): AsyncGenerator<Buffer> {
  await using seed = await Seed.open(extent)
  const source = new Taker(unpackFile(patch, 'The patch'))
  // One for all: the garbage of a megabyte for each segment would be collected too late.
  const store = Buffer.allocUnsafe(SEGMENT_BYTES)
  try {
    const magic = await source.take(PATCH_MAGIC.length)
    if (magic?.toString('latin1') !== PATCH_MAGIC) throw damaged('it is none')
    for (let start = 0; ; ) {
      const segment = await nextSegment(source)
      if (segment === undefined) return
      const end = start + segment.made
      if (end > offsetBytes) {
        const bytes = await applySegment(segment, seed, store)
        yield bytes.subarray(Math.max(0, offsetBytes - start))
      }
      start = end
    }
  } finally {
    await source.end()
  }
}

type Segment = {
  readonly made: number
  readonly operations: Buffer
  readonly differences: Buffer
  readonly literals: Buffer
}

async function nextSegment(source: Taker): Promise<Segment | undefined> {
  const header = await source.take(SEGMENT_HEADER_BYTES)
  if (header === undefined) return undefined
  const [made = 0, ...lengths] = [0, 4, 8, 12].map((at) => header.readUInt32LE(at))
  if (made === 0 || made > SEGMENT_BYTES) throw damaged(`a segment makes ${made} bytes`)
  // Each operation makes a byte at least, and takes a few.
  if (lengths.some((length) => length > 16 * SEGMENT_BYTES))
    throw damaged('a segment is longer than it can be')
  const parts: Buffer[] = []
  for (const length of lengths) {
    const part = await source.take(length)
    if (part === undefined) throw damaged('it ends within a segment')
    parts.push(part)
  }
  const [operations = empty, differences = empty, literals = empty] = parts
  return { made, operations, differences, literals }
}

const empty = Buffer.alloc(0)

async function applySegment(
  { made, operations, differences, literals }: Segment,
  seed: Seed,
  store: Buffer,
): Promise<Buffer> {
  const output = store.subarray(0, made)
  let [at, done, seedEnd, usedDifferences, usedLiterals] = [0, 0, 0, 0, 0]
  const number = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = operations[at]
      if (byte === undefined || scale > 2 ** 42) throw damaged('an operation is cut')
      at += 1
      value += (byte % 128) * scale
      if (byte < 128) return value
    }
  }
  while (at < operations.length) {
    const head = number()
    const kind = operationKinds[head % 4]
    const length = Math.floor(head / 4)
    if (kind === undefined || length > made - done) throw damaged('an operation makes too much')
    const part = output.subarray(done, done + length)
    done += length
    if (kind === 'literal') {
      if (literals.copy(part, 0, usedLiterals, usedLiterals + length) < length)
        throw damaged('a literal is missing')
      usedLiterals += length
      continue
    }
    const distance = number()
    const from = seedEnd + (distance % 2 === 0 ? distance / 2 : -(distance + 1) / 2)
    if (from < 0 || from + length > seed.extent.sizeBytes)
      throw damaged('it takes bytes that what runs does not have')
    await seed.read(part, from)
    seedEnd = from + length
    if (kind === 'copy') continue
    if (usedDifferences + length > differences.length) throw damaged('a difference is missing')
    for (let index = 0; index < length; index += 1)
      part[index] = (part[index] ?? 0) + (differences[usedDifferences + index] ?? 0)
    usedDifferences += length
  }
  if (done !== made || usedLiterals !== literals.length || usedDifferences !== differences.length)
    throw damaged('a segment does not come out even')
  return output
}

/** Takes exact numbers of bytes from a stream. */
class Taker {
  readonly #source: AsyncGenerator<Buffer>
  #rest: Buffer = empty

  constructor(source: AsyncGenerator<Buffer>) {
    this.#source = source
  }

  /** So many bytes; undefined if the stream has ended. */
  async take(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = []
    for (let missing = length; missing > 0; ) {
      if (this.#rest.length === 0) {
        const next = await this.#source.next()
        if (next.done) {
          if (parts.length === 0) return undefined
          throw damaged('it ends early')
        }
        this.#rest = next.value
      }
      const part = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(part.length)
      missing -= part.length
      parts.push(part)
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  }

  async end(): Promise<void> {
    await this.#source.return(undefined)
  }
}

function damaged(reason: string) {
  return updateDeltaErrors.error('SLIPWAY_UPDATE_DELTA_DAMAGED', { what: 'The patch', reason })
}
