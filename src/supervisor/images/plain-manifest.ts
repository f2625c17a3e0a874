import { digestOf } from './digest.ts'

/** What a manifest says of a layer that is not compressed. */
export type PlainLayer = { readonly diffId: string; readonly tarBytes: number }

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const

/**
 * The manifest of an image whose blobs are its layers as they are, without compression: that by which it
 * is saved, and that of an image that no registry gave. The same image has the same one always.
 */
export function plainManifest(
  configText: string,
  layers: readonly PlainLayer[],
): { readonly text: string; readonly digest: string; readonly mediaType: string } {
  const config = Buffer.from(configText)
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: digestOf(config), size: config.length },
    layers: layers.map(plainDescriptor),
  })
  return { text, digest: digestOf(Buffer.from(text)), mediaType: types.manifest }
}

export function plainDescriptor({ diffId, tarBytes }: PlainLayer) {
  return { mediaType: types.layer, digest: diffId, size: tarBytes }
}
