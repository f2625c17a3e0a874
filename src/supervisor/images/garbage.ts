import type { ImageConfig } from './types.ts'

/** What a store has and what is to stay of it. */
export type Holdings = {
  readonly images: readonly { readonly reference: string; readonly config: ImageConfig }[]
  /** Images that nothing names; they stay. */
  readonly unnamed: readonly { readonly config: ImageConfig }[]
  /** Diff IDs. */
  readonly layers: readonly string[]
  /** Canonical references; all images stay if undefined. */
  readonly keepReferences: ReadonlySet<string> | undefined
  /** Diff IDs. */
  readonly keepLayers: ReadonlySet<string>
}

/** The images that are not to be kept, and the layers that then nobody has. */
export function unreferenced({ images, unnamed, layers, keepReferences, keepLayers }: Holdings): {
  images: string[]
  layers: string[]
} {
  const kept = images.filter(({ reference }) => keepReferences?.has(reference) ?? true)
  const used = new Set([...kept, ...unnamed].flatMap(({ config }) => config.rootfs.diff_ids))
  return {
    images: images.filter((image) => !kept.includes(image)).map(({ reference }) => reference),
    layers: layers.filter((diffId) => !used.has(diffId) && !keepLayers.has(diffId)),
  }
}
