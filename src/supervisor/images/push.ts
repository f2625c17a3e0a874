import type { RepositoryName } from './authorization.ts'
import { digestOf } from './digest.ts'
import { gzipped } from './gzip.ts'
import type { ReadRecord } from './image-records.ts'
import type { LayerStore } from './layer-store.ts'
import { type Descriptor, type Manifest, parseManifest } from './manifest.ts'
import { parseReference } from './reference.ts'
import { Slots } from './slots.ts'
import type { StoredImage } from './stored-image.ts'
import type { PushProgress } from './types.ts'
import type { Uploads } from './upload.ts'

export type PushJob = {
  readonly image: StoredImage
  readonly target: RepositoryName & { readonly tag: string }
  readonly uploads: Uploads
  readonly layers: Pick<LayerStore, 'tar' | 'facts'>
  /** Blobs that were made of layers before, by diff ID; this push adds its own. */
  readonly made: Map<string, Descriptor>
  readonly onProgress: (progress: PushProgress) => void
}

export type Pushed = { readonly digest: string; readonly sizeBytes: number }

/** A manifest that a registry gave for the image, and where. */
type Known = { readonly record: ReadRecord; readonly text: string; readonly manifest: Manifest }

const parallelUploads = 3
const progressStepBytes = 512 * 1024
const dockerTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const

/**
 * Puts an image into a repository. A layer whose blob is there, or in a repository of the same registry
 * that it was pulled from, is not sent. When that is so for all of them, the manifest is that of the
 * pull, and so is its digest.
 *
 * @throws SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE and as `Uploads`
 */
export async function pushImage(job: PushJob): Promise<Pushed> {
  const { image, uploads, target, onProgress } = job
  const [record] = image.records
  if (record === undefined) throw new Error(`the image ${image.id} has no record`)
  const known = image.records.flatMap(knownManifest)
  const { diff_ids: diffIds } = record.config.rootfs
  for (const diffId of diffIds.toReversed()) onProgress({ phase: 'preparing', diffId })
  const sent = await eachOnce(diffIds, (diffId) => layerBlob(job, known, diffId))
  const config = Buffer.from(record.configText)
  if (!(await uploads.has(image.id))) await uploads.blob(() => only(config))
  const layers = diffIds.map((diffId) => sent.get(diffId)).filter((blob) => blob !== undefined)
  const same = known.find(({ manifest }) => isMadeOf(manifest, layers))
  const text = same?.text ?? newManifest(image.id, config.length, layers)
  const bytes = Buffer.from(text)
  await uploads.manifest(target.tag, bytes, mediaTypeOf(text))
  return { digest: digestOf(bytes), sizeBytes: bytes.length }
}

async function layerBlob(
  { uploads, target, layers, made, onProgress }: PushJob,
  known: readonly Known[],
  diffId: string,
): Promise<Descriptor> {
  const pulled = known.flatMap((one) => blobsOf(one, diffId))
  const before = made.get(diffId)
  for (const blob of [...pulled.map(({ blob }) => blob), ...(before === undefined ? [] : [before])])
    if (await uploads.has(blob.digest)) {
      onProgress({ phase: 'there', diffId })
      return blob
    }
  for (const { blob, from } of pulled)
    if (from.registry === target.registry && from.repository !== target.repository)
      if (await uploads.mount(blob.digest, from.repository)) {
        onProgress({ phase: 'mounted', diffId, from: from.repository })
        return blob
      }
  const totalBytes = (await layers.facts(diffId))?.tarBytes ?? 0
  const tar = () => told(layers.tar(diffId), totalBytes, diffId, onProgress)
  const plain = pulled.find(({ blob }) => blob.digest === diffId)?.blob
  const uploaded = await uploads.blob(() => (plain === undefined ? gzipped(tar()) : tar()))
  onProgress({ phase: 'pushed', diffId })
  if (plain !== undefined) return plain
  const blob = { mediaType: dockerTypes.layer, ...uploaded }
  made.set(diffId, blob)
  return blob
}

/** Layers in parallel, top first, each once; a failure ends the rest before it is told. */
async function eachOnce(
  diffIds: readonly string[],
  push: (diffId: string) => Promise<Descriptor>,
): Promise<ReadonlyMap<string, Descriptor>> {
  const slots = new Slots(parallelUploads)
  const failed = new AbortController()
  const pushes = [...new Set(diffIds.toReversed())].map(async (diffId) => {
    const work = async () => [diffId, await push(diffId)] as const
    try {
      return await slots.run(work, failed.signal)
    } catch (error) {
      failed.abort(error)
      throw error
    }
  })
  await Promise.allSettled(pushes)
  return new Map(await Promise.all(pushes))
}

function knownManifest(record: ReadRecord): Known[] {
  const { manifestText: text } = record
  if (text === undefined || record.reference === undefined) return []
  const manifest = parseManifest(Buffer.from(text), mediaTypeOf(text))
  return manifest.kind === 'manifest' ? [{ record, text, manifest }] : []
}

function blobsOf({ record, manifest }: Known, diffId: string) {
  const from = parseReference(record.reference ?? '')
  return record.config.rootfs.diff_ids.flatMap((one, index) => {
    const blob = manifest.layers[index]
    return one === diffId && blob !== undefined ? [{ blob, from }] : []
  })
}

function isMadeOf({ layers: wanted }: Manifest, layers: readonly Descriptor[]): boolean {
  return (
    wanted.length === layers.length &&
    wanted.every(({ digest }, index) => digest === layers[index]?.digest)
  )
}

/** What the manifest says of itself; an OCI manifest need not. */
function mediaTypeOf(text: string): string {
  const { mediaType }: { mediaType?: unknown } = JSON.parse(text)
  return typeof mediaType === 'string' ? mediaType : 'application/vnd.oci.image.manifest.v1+json'
}

function newManifest(id: string, sizeBytes: number, layers: readonly Descriptor[]): string {
  const descriptor = (mediaType: string, blob: Omit<Descriptor, 'mediaType'>) => ({
    mediaType,
    size: blob.sizeBytes,
    digest: blob.digest,
  })
  const content = {
    schemaVersion: 2,
    mediaType: dockerTypes.manifest,
    config: descriptor(dockerTypes.config, { digest: id, sizeBytes }),
    layers: layers.map((layer) => descriptor(dockerType(layer.mediaType), layer)),
  }
  return JSON.stringify(content, undefined, 3)
}

/** One manifest does not mix the names of two families. */
function dockerType(mediaType: string): string {
  const compression = /(?:\+|\.)(gzip|zstd)$/.exec(mediaType)?.[1]
  const plain = 'application/vnd.docker.image.rootfs.diff.tar'
  return compression === undefined ? plain : `${plain}.${compression}`
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield bytes
}

async function* told(
  pieces: AsyncIterable<Buffer>,
  totalBytes: number,
  diffId: string,
  onProgress: (progress: PushProgress) => void,
): AsyncGenerator<Buffer, void> {
  let sentBytes = 0
  let toldBytes = 0
  for await (const piece of pieces) {
    sentBytes += piece.length
    if (sentBytes - toldBytes >= progressStepBytes || sentBytes === totalBytes) {
      toldBytes = sentBytes
      onProgress({ phase: 'pushing', diffId, sentBytes, totalBytes })
    }
    yield piece
  }
}
