import { hostDirectories } from '../supervisor/directories.ts'
import {
  imageSetText,
  pinnedReference,
  type ReleaseImages,
} from '../supervisor/release-images/image-set.ts'
import type { UnitSource } from '../tree/unit-sources.ts'

/** A definition's container images as the digests alone decide them. */
export function pinnedImages(images: ReleaseImages): ReleaseImages {
  const pinned = Object.entries(images).map(([name, each]) => [name, pinnedReference(each)])
  return Object.fromEntries(pinned)
}

/** The release's container images as a file of the verified /usr; none when it brings none. */
export function containerImagesSource(
  images: ReleaseImages,
  version: string,
): readonly UnitSource[] {
  if (Object.keys(images).length === 0) return []
  return [
    { destination: hostDirectories.releaseImagesFile, text: imageSetText({ version, images }) },
  ]
}
