import { isSlipwayError } from '../../errors/error.ts'
import { object, parseJson, text } from '../../json/value.ts'
import { parseReference } from '../images/reference.ts'
import type { Reference } from '../images/types.ts'
import type { SignedImage } from './stored-signature.ts'

const cosignType = 'cosign container image signature'

/**
 * Why a signed payload in the simple-signing format is not for an image; undefined when it is. Throws a
 * JsonShapeError when it is not of that format.
 */
export function mismatch(
  payload: Uint8Array,
  { reference, digests, anyRepository }: SignedImage,
): string | undefined {
  const critical = object(object(parseJson(payload), 'what is signed').critical, 'critical')
  const type = text(critical.type, 'critical.type')
  if (type !== cosignType) return `it signs a "${type}"`
  const digest = text(
    object(critical.image, 'critical.image')['docker-manifest-digest'],
    'critical.image.docker-manifest-digest',
  )
  if (!digests.includes(digest)) return `it signs ${digest}`
  if (anyRepository) return undefined
  const name = text(
    object(critical.identity, 'critical.identity')['docker-reference'],
    'critical.identity.docker-reference',
  )
  return isNameOf(name, reference) ? undefined : `it signs an image that is called "${name}"`
}

/** Signers name the repository, and some of them the tag, which then counts where a tag is asked for. */
function isNameOf(name: string, reference: Reference): boolean {
  try {
    const named = parseReference(name)
    const isTagged = /:[^/]+$/.test(name.split('@', 1)[0] ?? '')
    return (
      named.registry === reference.registry &&
      named.repository === reference.repository &&
      (!isTagged ||
        reference.digest !== undefined ||
        reference.tag === undefined ||
        named.tag === reference.tag)
    )
  } catch (error) {
    if (isSlipwayError(error, 'SLIPWAY_IMAGES_REFERENCE_INVALID')) return false
    throw error
  }
}
