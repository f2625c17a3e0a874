import {
  operationKinds,
  PATCH_MAGIC,
  SEGMENT_BYTES,
  SEGMENT_HEADER_BYTES,
} from '../../update/delta/patch-format.ts'
import { compressForTransport } from './compress.ts'
import { diff, type Operation } from './diff.ts'

/** A patch that makes the target of the seed; its format is told in patch-format.ts. */
export async function makePatch(seed: Buffer, target: Buffer): Promise<Buffer> {
  const writer = new SegmentWriter(seed, target)
  for (const operation of diff(seed, target)) writer.add(operation)
  return await compressForTransport(writer.end())
}

class SegmentWriter {
  readonly #seed: Buffer
  readonly #target: Buffer
  readonly #parts: Buffer[] = [Buffer.from(PATCH_MAGIC)]
  #made = 0
  #segmentStart = 0
  #seedEnd = 0
  #operations: number[] = []
  #differences: Buffer[] = []
  #literals: Buffer[] = []

  constructor(seed: Buffer, target: Buffer) {
    this.#seed = seed
    this.#target = target
  }

  add(operation: Operation): void {
    for (let done = 0; done < operation.length; ) {
      const room = SEGMENT_BYTES - (this.#made - this.#segmentStart)
      const length = Math.min(room, operation.length - done)
      this.#piece(
        operation.kind === 'literal'
          ? { kind: 'literal', length }
          : { kind: operation.kind, seedOffset: operation.seedOffset + done, length },
      )
      done += length
      if (length === room) this.#endSegment()
    }
  }

  end(): Buffer {
    if (this.#made > this.#segmentStart) this.#endSegment()
    return Buffer.concat(this.#parts)
  }

  #piece(operation: Operation): void {
    const { kind, length } = operation
    this.#number(length * 4 + operationKinds.indexOf(kind))
    const target = this.#target.subarray(this.#made, this.#made + length)
    this.#made += length
    if (kind === 'literal') {
      this.#literals.push(target)
      return
    }
    const { seedOffset } = operation
    const distance = seedOffset - this.#seedEnd
    this.#number(distance < 0 ? -distance * 2 - 1 : distance * 2)
    this.#seedEnd = seedOffset + length
    if (kind === 'add') this.#differences.push(difference(this.#seed, seedOffset, target))
  }

  #number(value: number): void {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#operations.push((rest % 128) | 128)
    this.#operations.push(rest)
  }

  #endSegment(): void {
    const parts = [
      Buffer.from(this.#operations),
      Buffer.concat(this.#differences),
      Buffer.concat(this.#literals),
    ]
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
    header.writeUInt32LE(this.#made - this.#segmentStart, 0)
    for (const [index, part] of parts.entries()) header.writeUInt32LE(part.length, 4 * (index + 1))
    this.#parts.push(header, ...parts)
    this.#segmentStart = this.#made
    this.#seedEnd = 0
    this.#operations = []
    this.#differences = []
    this.#literals = []
  }
}

function difference(seed: Buffer, seedOffset: number, target: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(target.length)
  for (let at = 0; at < target.length; at += 1)
    bytes[at] = (target[at] ?? 0) - (seed[seedOffset + at] ?? 0)
  return bytes
}
