import { suggestion } from '../../checked-yaml/wording.ts'
import { parseReference } from '../images/reference.ts'
import type { ReleaseImages } from './image-set.ts'

/** Stands where a registry would, and is never asked: there is no such top-level domain. */
export const releaseRegistry = 'slipway.release'

/**
 * What an image of a Compose file means on this host: `slipway.release/NAME` is the image that the
 * running release has under that name, any other reference is itself. Throws a RangeError for a name
 * that the release does not have, and SLIPWAY_IMAGES_REFERENCE_INVALID.
 */
export function resolveImage(image: string, images: ReleaseImages): string {
  const { registry } = parseReference(image)
  if (registry.toLowerCase().replace(/:\d+$/, '') !== releaseRegistry) return image
  const name = image.slice(releaseRegistry.length + 1)
  const reference = Object.hasOwn(images, name) ? images[name] : undefined
  if (reference !== undefined && image === `${releaseRegistry}/${name}`) return reference
  if (/[:@]/.test(image) || !image.startsWith(`${releaseRegistry}/`))
    throw new RangeError(
      `expected ${releaseRegistry}/NAME without tag and digest, which the release decides, found "${image}"`,
    )
  const known = Object.keys(images)
  throw new RangeError(
    known.length === 0
      ? `the release that runs brings no images, so not "${name}"`
      : `the release that runs has no image "${name}"; ${suggestion(name, known)}`,
  )
}
