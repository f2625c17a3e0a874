import { createHash } from 'node:crypto'
import type { Content } from '../../slot/content.ts'

/** Numbers that look random and are the same in each run: xorshift32. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13
    this.#state >>>= 0
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    this.#state >>>= 0
    return this.#state % limit
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }
}

/** Something like an image: code-like bytes, text, and runs of zeros. */
export function imageLike(dice: Dice, sizeBytes: number): Buffer {
  const parts: Buffer[] = []
  for (let size = 0; size < sizeBytes; ) {
    const length = 1 + dice.below(60_000)
    const kind = dice.below(3)
    const part =
      kind === 0
        ? dice.bytes(length)
        : kind === 1
          ? Buffer.alloc(length, `line ${dice.below(1000)} of a text that says little\n`)
          : Buffer.alloc(length)
    parts.push(part)
    size += length
  }
  return Buffer.concat(parts).subarray(0, sizeBytes)
}

/** The bytes after some edits: inserted, deleted, overwritten, moved, and bytes changed here and there. */
export function edited(dice: Dice, original: Buffer): Buffer {
  let bytes: Buffer = Buffer.from(original)
  for (let edits = dice.below(8); edits >= 0; edits -= 1) {
    const at = dice.below(bytes.length + 1)
    const length = dice.below(Math.min(20_000, bytes.length - at) + 1)
    const [before, piece, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, at + length),
      bytes.subarray(at + length),
    ]
    switch (dice.below(5)) {
      case 0:
        bytes = Buffer.concat([before, dice.bytes(dice.below(5000)), piece, after])
        break
      case 1:
        bytes = Buffer.concat([before, after])
        break
      case 2:
        bytes = Buffer.concat([before, dice.bytes(length), after])
        break
      case 3:
        bytes = Buffer.concat([after, piece, before])
        break
      default: {
        const changed = Buffer.from(piece)
        for (let each = dice.below(50); each < changed.length; each += 1 + dice.below(60))
          changed[each] = ((changed[each] ?? 0) + 1 + dice.below(255)) % 256
        bytes = Buffer.concat([before, changed, after])
      }
    }
    if (bytes.length === 0) bytes = dice.bytes(100)
  }
  return bytes
}

/** All that a content gives from an offset on, each piece copied before the next is asked for. */
export async function contentFrom(content: Content, offsetBytes = 0): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const piece of content.read(offsetBytes)) parts.push(Buffer.from(piece))
  return Buffer.concat(parts)
}

export function artifactOf(bytes: Buffer, name = 'usr.erofs') {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { target: `releases/qemu/1.1.0/${name}`, sizeBytes: bytes.length, sha256 }
}
