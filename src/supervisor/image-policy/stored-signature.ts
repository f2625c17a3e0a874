import { isSlipwayError } from '../../errors/error.ts'
import { JsonShapeError } from '../../json/value.ts'
import { checkDigest } from '../images/digest.ts'
import type { Reference } from '../images/types.ts'

/** The image that a signature must be for. */
export type SignedImage = {
  readonly reference: Reference
  /** Of its index and of its manifest; a signature of either says what the content is. */
  readonly digests: readonly string[]
  /** Signatures need not be for the repository that the image comes from. */
  readonly anyRepository: boolean
}

/** A signature as it is stored beside an image. Nothing of it is believed yet. */
export type StoredSignature = {
  /** What the signature is over. */
  readonly signed: Buffer
  readonly signature: Buffer
  /**
   * Why it is not for an image; undefined when it is. Asked only once a key is known to have made the
   * signature. Throws a JsonShapeError when what was signed is not understood.
   */
  readonly objection: (image: SignedImage) => string | undefined
}

export type FoundSignatures = {
  readonly signatures: readonly StoredSignature[]
  /** What is there, but is no signature that can be read. */
  readonly problems: readonly string[]
}

/** More signatures of one image than anybody needs would only keep the host busy. */
export const maximumSignatures = 64

/** What was fetched, if it has the digest; undefined after the problem that it was changed was noted. */
export function ofDigest(
  bytes: Buffer,
  digest: string,
  what: string,
  problems: string[],
): Buffer | undefined {
  try {
    checkDigest(bytes, digest, what)
    return bytes
  } catch (error) {
    if (!isSlipwayError(error, 'SLIPWAY_IMAGES_DIGEST_MISMATCH')) throw error
    problems.push(`${what} was changed`)
    return undefined
  }
}

/** Undefined after a problem was noted. */
export function understood<Value>(read: () => Value, problems: string[]): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error
    problems.push(`a signature is not understood: ${error.message}`)
    return undefined
  }
}
