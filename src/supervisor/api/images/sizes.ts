import type { ImageStore } from '../../images/store.ts'
import type { StoredImage } from '../../images/stored-image.ts'

/** How much images take, each and together, by what their archives say of their files. */
export type Sizes = {
  /** By the image's id. */
  readonly ofImages: ReadonlyMap<string, number>
  /** What an image shares with others, by its id. */
  readonly shared: ReadonlyMap<string, number>
  /** Each layer once. */
  readonly totalBytes: number
}

/** The sizes of an image's layers, bottom first; one that it has twice counts once more. */
export async function layerBytes(store: ImageStore, image: StoredImage): Promise<number[]> {
  const { diff_ids: diffIds } = store.imageOf(image).config.rootfs
  return (await store.layerFacts(diffIds)).map((facts) => facts?.contentBytes ?? 0)
}

export async function sizesOf(store: ImageStore, images: readonly StoredImage[]): Promise<Sizes> {
  const layers = new Map<string, { bytes: number; users: Set<string> }>()
  const ofImages = new Map<string, number>()
  for (const image of images) {
    const bytes = await layerBytes(store, image)
    ofImages.set(image.id, sum(bytes))
    for (const [index, diffId] of store.imageOf(image).config.rootfs.diff_ids.entries()) {
      const layer = layers.get(diffId) ?? { bytes: bytes[index] ?? 0, users: new Set() }
      layer.users.add(image.id)
      layers.set(diffId, layer)
    }
  }
  const sharedBy = (id: string) =>
    [...layers.values()].filter(({ users }) => users.size > 1 && users.has(id))
  const bytesOf = (some: readonly { bytes: number }[]) => sum(some.map(({ bytes }) => bytes))
  return {
    ofImages,
    shared: new Map(images.map(({ id }) => [id, bytesOf(sharedBy(id))])),
    totalBytes: bytesOf([...layers.values()]),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
