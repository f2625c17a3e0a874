import {
  JsonShapeError,
  list,
  object,
  optional,
  parseJson,
  text,
  textMap,
  texts,
} from '../../../json/value.ts'
import { checkDigest, isDigest } from '../digest.ts'
import { parseImageConfig } from '../image-config.ts'
import {
  choosePlatform,
  type Descriptor,
  type IndexEntry,
  type Manifest,
  maximumConfigBytes,
  maximumLayers,
  maximumManifestBytes,
  parseManifest,
} from '../manifest.ts'
import { indexTypes } from '../media-types.ts'
import { formatPlatform, type Platform, platformFit } from '../platform.ts'
import { parseReference } from '../reference.ts'
import { canonicalName } from '../stored-image.ts'
import type { ImageConfig } from '../types.ts'
import { archiveInvalid, type StagedArchive, type StagedFile } from './staged-archive.ts'

/** An image of an archive; its layers are not looked at yet. */
export type ArchivedImage = {
  readonly configText: string
  readonly config: ImageConfig
  /** Canonical, with tags. */
  readonly names: readonly string[]
  /** Bottom first, one for each diff ID; the descriptor's digest is known where a manifest says it. */
  readonly layers: readonly { readonly file: StagedFile; readonly blob: Descriptor | undefined }[]
}

/**
 * The images of an archive: those of `manifest.json`, as `docker save` writes it in all its versions, or
 * else of an OCI image layout. Everything is checked but the layers' content.
 *
 * @throws SLIPWAY_IMAGES_ARCHIVE_INVALID, SLIPWAY_IMAGES_DIGEST_MISMATCH, SLIPWAY_IMAGES_REFERENCE_INVALID
 */
export async function archivedImages(
  archive: StagedArchive,
  platform: Platform,
): Promise<ArchivedImage[]> {
  try {
    if (archive.has('manifest.json')) return await ofDocker(archive, platform)
    if (archive.has('index.json')) return await ofLayout(archive, platform)
  } catch (error) {
    if (error instanceof JsonShapeError) throw archiveInvalid(error.message, error)
    throw error
  }
  throw archiveInvalid('it has neither a manifest.json nor an index.json')
}

async function ofDocker(archive: StagedArchive, platform: Platform): Promise<ArchivedImage[]> {
  const bytes = await archive.small('manifest.json', maximumManifestBytes)
  const images: ArchivedImage[] = []
  for (const [index, item] of list(parseJson(bytes), 'manifest.json').entries()) {
    const where = `manifest.json[${index}]`
    const fields = object(item, where)
    const configName = text(fields.Config, `${where}.Config`)
    const names = optional(fields.RepoTags, `${where}.RepoTags`, texts) ?? []
    const layers = optional(fields.Layers, `${where}.Layers`, texts) ?? []
    images.push(
      imageOf(configName, await archive.small(configName, maximumConfigBytes), platform, {
        names: names.map(taggedName),
        layers: layers.map((name) => ({ file: archive.file(name), blob: undefined })),
      }),
    )
  }
  return images
}

/** An OCI image layout (image-spec 1.1, image-layout.md) in a tar. */
async function ofLayout(archive: StagedArchive, platform: Platform): Promise<ArchivedImage[]> {
  const bytes = await archive.small('index.json', maximumManifestBytes)
  const index = parseManifest(bytes, indexTypes[0] ?? '')
  if (index.kind !== 'index') throw archiveInvalid('its index.json is no index')
  const descriptors = list(object(parseJson(bytes), 'index.json').manifests, 'manifests')
  const images: ArchivedImage[] = []
  const others: Platform[] = []
  for (const [at, entry] of index.manifests.entries()) {
    const manifest = await manifestOf(archive, entry, platform)
    if (manifest === undefined) {
      if (entry.platform !== undefined) others.push(entry.platform)
      continue
    }
    const { config, layers } = manifest
    images.push(
      imageOf(
        config.digest,
        await blobOf(archive, config, maximumConfigBytes, 'configuration'),
        platform,
        {
          names: annotatedNames(descriptors[at], `manifests[${at}]`),
          layers: layers.map((blob) => ({ file: sized(archive, blob), blob })),
        },
      ),
    )
  }
  if (images.length > 0 || index.manifests.length === 0) return images
  const made = others.map(formatPlatform).join(', ') || 'other platforms'
  throw archiveInvalid(`its images are made for ${made}, not for ${formatPlatform(platform)}`)
}

/** The manifest for a platform; undefined when there is none, or what is there is no image. */
async function manifestOf(
  archive: StagedArchive,
  entry: IndexEntry,
  platform: Platform,
): Promise<Manifest | undefined> {
  if (entry.platform !== undefined && platformFit(entry.platform, platform) === 0) return undefined
  const bytes = await blobOf(archive, entry, maximumManifestBytes, 'manifest')
  const manifest = parseManifest(bytes, entry.mediaType)
  if (manifest.kind === 'manifest') return manifest
  if (manifest.kind === 'artifact') return undefined
  const chosen = choosePlatform(manifest, platform)
  if (chosen === undefined) return undefined
  const nested = parseManifest(
    await blobOf(archive, chosen, maximumManifestBytes, 'manifest'),
    chosen.mediaType,
  )
  return nested.kind === 'manifest' ? nested : undefined
}

async function blobOf(
  archive: StagedArchive,
  descriptor: Descriptor,
  limitBytes: number,
  what: string,
): Promise<Buffer> {
  sized(archive, descriptor)
  const bytes = await archive.small(blobName(descriptor), limitBytes)
  checkDigest(bytes, descriptor.digest, what)
  return bytes
}

function sized(archive: StagedArchive, descriptor: Descriptor): StagedFile {
  const file = archive.file(blobName(descriptor))
  if (file.sizeBytes === descriptor.sizeBytes) return file
  throw archiveInvalid(
    `its blob ${descriptor.digest} has ${file.sizeBytes} bytes instead of ${descriptor.sizeBytes}`,
  )
}

function blobName({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`
}

function imageOf(
  configName: string,
  configBytes: Buffer,
  platform: Platform,
  rest: Pick<ArchivedImage, 'names' | 'layers'>,
): ArchivedImage {
  const config = parseImageConfig(configBytes)
  const diffIds = config.rootfs.diff_ids
  if (diffIds.length !== rest.layers.length)
    throw archiveInvalid(
      `the configuration ${configName} has ${diffIds.length} diff IDs for ${rest.layers.length} layers`,
    )
  if (diffIds.length > maximumLayers)
    throw archiveInvalid(
      `the image ${configName} has more than the ${maximumLayers} layers that can be stacked`,
    )
  if (config.os !== platform.os)
    throw archiveInvalid(`the image ${configName} is made for ${config.os}, not for ${platform.os}`)
  return { configText: configBytes.toString('utf8'), config, ...rest }
}

/** What containerd and Docker call an image, or else what other tools do; a tag alone is no name. */
function annotatedNames(descriptor: unknown, where: string): string[] {
  const { annotations } = object(descriptor, where)
  const known = optional(annotations, `${where}.annotations`, textMap) ?? {}
  const full = known['io.containerd.image.name']
  const short = known['org.opencontainers.image.ref.name']
  const name = full ?? (short !== undefined && /[:/]/.test(short) ? short : undefined)
  return name === undefined || name.includes('@') ? [] : [taggedName(name)]
}

/** @throws SLIPWAY_IMAGES_REFERENCE_INVALID, SLIPWAY_IMAGES_ARCHIVE_INVALID */
function taggedName(name: string): string {
  if (parseReference(name).digest !== undefined || isDigest(name))
    throw archiveInvalid(`it calls an image ${name}, which is no name with a tag`)
  return canonicalName(name)
}
