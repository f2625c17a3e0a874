import { isSlipwayError } from '../../errors/error.ts'
import { count, JsonShapeError, object, parseJson, text } from '../../json/value.ts'
import { formatReference, parseReference } from '../images/reference.ts'

/** The container images that a release brings: by name, each `registry/repository@sha256:…`. */
export type ReleaseImages = Readonly<Record<string, string>>

/** The images of one release. */
export type ImageSet = { readonly version: string; readonly images: ReleaseImages }

/** What is kept for a release; of one that is gone only what containers need, for as long as they do. */
export type KeptSet = ImageSet & { readonly gone?: true }

export const imageNamePattern = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/

const pinned = /@sha256:[0-9a-f]{64}$/

/**
 * The reference that a digest alone decides: a tag beside it is a note for people. Throws a
 * RangeError for what is no reference or has no digest.
 */
export function pinnedReference(reference: string): string {
  if (!pinned.test(reference))
    throw new RangeError(`expected REPOSITORY@sha256:DIGEST, found "${reference}"`)
  try {
    const { tag: _note, ...decides } = parseReference(reference)
    return formatReference(decides)
  } catch (error) {
    if (isSlipwayError(error)) throw new RangeError(error.message)
    throw error
  }
}

/** Reads images by name as they come in JSON. Throws a JsonShapeError. */
export function releaseImages(value: unknown, where: string): ReleaseImages {
  const images = Object.entries(object(value, where)).map(([name, each]) => {
    if (!imageNamePattern.test(name))
      throw new JsonShapeError(`${where} has "${name}", which is no name of an image`)
    try {
      return [name, pinnedReference(text(each, `${where}.${name}`))]
    } catch (error) {
      if (error instanceof RangeError)
        throw new JsonShapeError(`${where}.${name}: ${error.message}`)
      throw error
    }
  })
  return Object.fromEntries(images)
}

/** Reads the images of one release. Throws a JsonShapeError. */
export function imageSet(value: unknown, where: string): ImageSet {
  const { version, images } = object(value, where)
  return {
    version: text(version, `${where}.version`),
    images: releaseImages(images, `${where}.images`),
  }
}

/** Reads what `imageSetText` wrote. Throws a JsonShapeError. */
export function parseImageSet(bytes: Uint8Array): ImageSet {
  const file = parseJson(bytes)
  const formatVersion = count(object(file, 'the file').formatVersion, 'formatVersion')
  if (formatVersion !== 1) throw new JsonShapeError(`its format version is ${formatVersion}`)
  return imageSet(file, 'the file')
}

/** What the builder writes into /usr. */
export function imageSetText({ version, images }: ImageSet): string {
  const sorted = Object.entries(images).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const content = { formatVersion: 1, version, images: Object.fromEntries(sorted) }
  return `${JSON.stringify(content, undefined, 2)}\n`
}
