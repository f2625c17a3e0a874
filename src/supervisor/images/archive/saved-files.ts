import { digestOf } from '../digest.ts'
import { type PlainLayer, plainDescriptor, plainManifest } from '../plain-manifest.ts'
import { familiar, parseReference, repositoryOf } from '../reference.ts'

/** An image as it is to be saved. */
export type SavedImage = {
  readonly configText: string
  /** Canonical, with tags. */
  readonly names: readonly string[]
  /** Bottom first; one that the image has twice is there twice. */
  readonly layers: readonly PlainLayer[]
}

/** A file of the archive: text, or a layer's own archive. */
export type SavedFile =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly layer: PlainLayer }

const indexType = 'application/vnd.oci.image.index.v1+json'

/**
 * The files of an archive of images, in their order: an OCI image layout, and with the same blobs what
 * Docker's engine before and after it reads (`manifest.json`, `repositories`). Each blob is there once.
 */
export function savedFiles(images: readonly SavedImage[]): SavedFile[] {
  const blobs = new Map<string, SavedFile>()
  for (const { configText, layers } of images) {
    const manifest = plainManifest(configText, layers)
    for (const layer of layers) {
      const name = blobName(layer.diffId)
      blobs.set(name, { name, layer })
    }
    for (const text of [configText, manifest.text]) {
      const name = blobName(digestOf(Buffer.from(text)))
      blobs.set(name, { name, text })
    }
  }
  const repositories = repositoriesOf(images)
  return [
    ...[...blobs.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    { name: 'index.json', text: indexOf(images) },
    { name: 'manifest.json', text: JSON.stringify(images.map(dockerEntry)) },
    { name: 'oci-layout', text: '{"imageLayoutVersion": "1.0.0"}' },
    ...(repositories === undefined ? [] : [{ name: 'repositories', text: repositories }]),
  ]
}

/** A name of an image as a descriptor's annotations; one descriptor for each name. */
function indexOf(images: readonly SavedImage[]): string {
  const manifests = images.flatMap(({ configText, names, layers }) => {
    const { text, digest, mediaType } = plainManifest(configText, layers)
    const descriptor = { mediaType, digest, size: Buffer.byteLength(text) }
    if (names.length === 0) return [descriptor]
    return names.map((name) => ({
      ...descriptor,
      annotations: {
        'io.containerd.image.name': name,
        'org.opencontainers.image.ref.name': tagOf(name),
      },
    }))
  })
  return JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests })
}

function dockerEntry({ configText, names, layers }: SavedImage) {
  return {
    Config: blobName(digestOf(Buffer.from(configText))),
    RepoTags: names.length === 0 ? null : names.map(familiar),
    Layers: layers.map(({ diffId }) => blobName(diffId)),
    LayerSources: Object.fromEntries(layers.map((layer) => [layer.diffId, plainDescriptor(layer)])),
  }
}

/** The layer on top of each image by repository and tag, as the oldest readers look for it. */
function repositoriesOf(images: readonly SavedImage[]): string | undefined {
  const repositories: Record<string, Record<string, string>> = {}
  for (const { names, layers } of images)
    for (const name of names) {
      const top = layers.at(-1)?.diffId ?? ''
      const repository = familiar(repositoryOf(name))
      const tags = { [tagOf(name)]: top.slice(top.indexOf(':') + 1) }
      repositories[repository] = { ...repositories[repository], ...tags }
    }
  return Object.keys(repositories).length === 0 ? undefined : JSON.stringify(repositories)
}

function tagOf(name: string): string {
  return parseReference(name).tag ?? ''
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}
