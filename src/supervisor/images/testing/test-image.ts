import { gzipSync, zstdCompressSync } from 'node:zlib'
import { digestOf } from '../digest.ts'
import { hostPlatform } from '../platform.ts'

export type TestBlob = { readonly bytes: Buffer; readonly digest: string }

/** An image as a registry has it. */
export type TestImage = {
  readonly manifest: TestBlob & { readonly mediaType: string }
  readonly blobs: readonly TestBlob[]
  readonly diffIds: readonly string[]
}

export type TestLayerCompression = 'none' | 'gzip' | 'zstd'

/** Makes an OCI image of uncompressed layers, bottom first. */
export function testImage(
  layers: readonly Buffer[],
  {
    compression = 'gzip',
    architecture = hostPlatform().architecture,
    config = {},
  }: {
    compression?: TestLayerCompression
    architecture?: string
    config?: Record<string, unknown>
  } = {},
): TestImage {
  const diffIds = layers.map((layer) => digestOf(layer))
  const layerBlobs = layers.map((layer) => blob(compressed(layer, compression)))
  const configBlob = blob(
    json({ architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids: diffIds } }),
  )
  const suffix = compression === 'none' ? '' : `+${compression}`
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = json({
    schemaVersion: 2,
    mediaType,
    config: descriptor(configBlob, 'application/vnd.oci.image.config.v1+json'),
    layers: layerBlobs.map((one) =>
      descriptor(one, `application/vnd.oci.image.layer.v1.tar${suffix}`),
    ),
  })
  return { manifest: { ...blob(manifest), mediaType }, blobs: [configBlob, ...layerBlobs], diffIds }
}

/** An index of images, one per platform. */
export function testIndex(
  images: readonly { image: TestImage; platform: Record<string, string> }[],
): TestImage {
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const manifests = images.map(({ image, platform }) => ({
    ...descriptor(image.manifest, image.manifest.mediaType),
    platform,
  }))
  const bytes = json({ schemaVersion: 2, mediaType, manifests })
  return { manifest: { ...blob(bytes), mediaType }, blobs: [], diffIds: [] }
}

/** Puts an image into a registry by the distribution specification. */
export async function push(
  host: string,
  repository: string,
  reference: string,
  { manifest, blobs }: TestImage,
  authorization?: string,
): Promise<void> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  const base = `http://${host}/v2/${repository}`
  for (const { bytes, digest } of blobs) {
    const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST', headers })
    const location = new URL(started.headers.get('location') ?? '', base)
    location.searchParams.set('digest', digest)
    await accepted(
      await fetch(location, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(bytes),
      }),
    )
  }
  await accepted(
    await fetch(`${base}/manifests/${reference}`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': manifest.mediaType },
      body: new Uint8Array(manifest.bytes),
    }),
  )
}

function compressed(layer: Buffer, compression: TestLayerCompression): Buffer {
  if (compression === 'gzip') return gzipSync(layer)
  return compression === 'zstd' ? zstdCompressSync(layer) : layer
}

async function accepted(response: Response): Promise<void> {
  if (response.status !== 201) throw new Error(`push: ${response.status} ${await response.text()}`)
}

function descriptor({ bytes, digest }: TestBlob, mediaType: string) {
  return { mediaType, digest, size: bytes.length }
}

function blob(bytes: Buffer): TestBlob {
  return { bytes, digest: digestOf(bytes) }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
