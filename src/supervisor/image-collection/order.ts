import type { StoredImage } from '../images/stored-image.ts'

/** An image, and when it was last pulled, named, or in a container. */
export type DatedImage = { readonly image: StoredImage; readonly lastUsedMs: number }

/** What stays whatever the disk says. */
export type Needed = {
  /** Canonical names. */
  readonly names: ReadonlySet<string>
  /** Of images, whatever they are called. */
  readonly ids: ReadonlySet<string>
}

/** An image that was just pulled may be about to be used: it stays for this time. */
export const sparedForMs = 2 * 60_000

/** The images that may go, the one that was not used for longest first. */
export function removable(
  images: readonly DatedImage[],
  needed: Needed,
  nowMs: number,
): DatedImage[] {
  return images
    .filter(({ image, lastUsedMs }) => !isNeeded(image, needed) && nowMs - lastUsedMs > sparedForMs)
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs || (a.image.id < b.image.id ? -1 : 1))
}

/** Whether something needs an image by one of its names or for what it is. */
export function isNeeded({ id, tags, digests }: StoredImage, { names, ids }: Needed): boolean {
  return ids.has(id) || [...tags, ...digests].some((name) => names.has(name))
}
