import { repositoryOf } from '../reference.ts'
import { canonicalName, findStored, isBeginning, type StoredImage } from '../stored-image.ts'
import type { ToSave } from './save.ts'

/**
 * Which images are meant by names and ids, each once, and the names that it is saved under: a repository
 * without a tag means all its tags, and an id means no name, as in Docker.
 *
 * @param missing makes the error for what means nothing
 * @throws SLIPWAY_IMAGES_REFERENCE_INVALID
 */
export function wantedImages(
  images: readonly StoredImage[],
  wanted: readonly string[],
  missing: (name: string) => Error,
): ToSave[] {
  const found = new Map<string, { readonly image: StoredImage; readonly names: Set<string> }>()
  const add = (image: StoredImage, names: readonly string[]) => {
    const known = found.get(image.id) ?? { image, names: new Set() }
    for (const name of names) known.names.add(name)
    found.set(image.id, known)
  }
  for (const name of wanted) {
    const ofRepository = taggedIn(images, name)
    for (const { image, names } of ofRepository) add(image, names)
    if (ofRepository.length > 0) continue
    const image = findStored(images, name)
    if (image === undefined) throw missing(name)
    const isId = isBeginning(name, image.id)
    add(image, isId ? [] : image.tags.filter((tag) => tag === canonicalName(name)))
  }
  return [...found.values()].map(({ image, names }) => ({ image, names: [...names] }))
}

/** The images of a repository, if the name is that of one and has no tag. */
function taggedIn(
  images: readonly StoredImage[],
  name: string,
): { readonly image: StoredImage; readonly names: readonly string[] }[] {
  if (/[:@][^/]*$/.test(name) || /^[0-9a-f]{64}$/.test(name)) return []
  const repository = repositoryOf(canonicalName(name))
  return images.flatMap((image) => {
    const names = image.tags.filter((tag) => repositoryOf(tag) === repository)
    return names.length === 0 ? [] : [{ image, names }]
  })
}
