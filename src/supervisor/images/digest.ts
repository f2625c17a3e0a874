import { createHash, type Hash } from 'node:crypto'
import { imagesErrors } from '../../errors/images.ts'

/** The hash functions that image-spec 1.1 registers and that Node has, with the length of their hex form. */
const algorithms: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 }

/** True for `sha256:<64 hex digits>` and `sha512:<128 hex digits>`, lower case as the spec wants. */
export function isDigest(text: string): boolean {
  const [algorithm = '', hex = ''] = text.split(':', 2)
  return (
    text === `${algorithm}:${hex}` &&
    algorithms[algorithm] === hex.length &&
    /^[0-9a-f]+$/.test(hex)
  )
}

/** The digest of some bytes by the algorithm that `like` names (sha256 unless told). */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string {
  const algorithm = algorithmOf(like)
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** Checks a stream against its digest while it passes. */
export class DigestCheck {
  readonly #expected: string
  readonly #hash: Hash

  constructor(expected: string) {
    this.#expected = expected
    this.#hash = createHash(algorithmOf(expected))
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk)
  }

  /**
   * @param what names the content in the error: `blob`, `manifest`, `unpacked layer`
   * @throws SLIPWAY_IMAGES_DIGEST_MISMATCH
   */
  finish(what: string): void {
    const actual = `${algorithmOf(this.#expected)}:${this.#hash.digest('hex')}`
    if (actual === this.#expected) return
    const details = { what, expected: this.#expected, actual }
    throw imagesErrors.error('SLIPWAY_IMAGES_DIGEST_MISMATCH', details)
  }
}

/** @throws SLIPWAY_IMAGES_DIGEST_MISMATCH */
export function checkDigest(bytes: Uint8Array, expected: string, what: string): void {
  const check = new DigestCheck(expected)
  check.update(bytes)
  check.finish(what)
}

function algorithmOf(digest: string): string {
  return digest.slice(0, digest.indexOf(':'))
}
