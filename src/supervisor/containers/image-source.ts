import type { ImageRuntimeConfig } from './container.ts'

/** What the supervisor needs of an image; `ImageStore` gives more. */
export type SourceImage = {
  readonly reference: string
  readonly manifestDigest: string
  readonly configDigest: string
  readonly config: { readonly config?: ImageRuntimeConfig | undefined }
  /** Bottom first; `directory` is absolute. */
  readonly layers: readonly { readonly diffId: string; readonly directory: string }[]
}

/** Where images come from. */
export type ImageSource = {
  /** The image that is here by this reference, without asking anyone. */
  find(reference: string): Promise<SourceImage | undefined>
  /** Brings it from its registry. */
  pull(reference: string, options: { signal: AbortSignal }): Promise<SourceImage>
}
