/** Numbers and sized fields as TPMs write them: the highest byte first (TPM 2.0 Library, part 2). */

export function byte(value: number): Buffer {
  return Buffer.of(value)
}

export function short(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export function long(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** What has its size before it (TPM2B). */
export function sized(...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([short(content.length), content])
}

/** Whether bytes are one sized field and nothing else. */
export function isSized(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes)
  return buffer.length > 2 && buffer.readUInt16BE() === buffer.length - 2
}

/** Reads fields one after the other; throws RangeError where there are none left. */
export class FieldReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  short(): number {
    return this.#take(2).readUInt16BE()
  }

  long(): number {
    return this.#take(4).readUInt32BE()
  }

  /** A sized field, without its size. */
  sized(): Buffer {
    return this.#take(this.short())
  }

  #take(length: number): Buffer {
    const start = this.#offset
    if (start + length > this.#bytes.length) throw new RangeError('it is cut short')
    this.#offset += length
    return this.#bytes.subarray(start, this.#offset)
  }
}
