import { count, JsonShapeError, list, object, optional, parseJson, text } from '../../json/value.ts'
import { isDigest } from './digest.ts'
import { configTypes, indexTypes, isLayerType, manifestTypes } from './media-types.ts'
import { type Platform, platformFit } from './platform.ts'

/** What points at content: its type, digest and size (image-spec 1.1, descriptor.md). */
export type Descriptor = {
  readonly mediaType: string
  readonly digest: string
  readonly sizeBytes: number
}

export type Manifest = {
  readonly kind: 'manifest'
  readonly config: Descriptor
  /** Bottom first. */
  readonly layers: readonly Descriptor[]
}

export type IndexEntry = Descriptor & { readonly platform: Platform | undefined }

export type Index = { readonly kind: 'index'; readonly manifests: readonly IndexEntry[] }

/** A manifest of something that is not a container image. */
export type Artifact = { readonly kind: 'artifact'; readonly mediaType: string }

/** The largest manifest or index that is read, as registries limit them (distribution spec 1.1). */
export const maximumManifestBytes = 4 * 1024 * 1024
export const maximumConfigBytes = 8 * 1024 * 1024
/** overlayfs stacks no more. */
export const maximumLayers = 500

/**
 * Reads a manifest or an index, OCI's or Docker's. The type is the content's own (`mediaType`), else
 * the one that the registry answered with.
 *
 * @throws JsonShapeError when it is neither, or not well-formed
 */
export function parseManifest(
  bytes: Uint8Array,
  answeredType: string,
): Manifest | Index | Artifact {
  const manifest = object(parseJson(bytes), 'the manifest')
  if (manifest.schemaVersion !== 2) {
    throw new JsonShapeError(
      'its schemaVersion is not 2 (version 1 is not supported: push it again)',
    )
  }
  const stated = optional(manifest.mediaType, 'mediaType', text)
  const mediaType = stated ?? (answeredType.split(';')[0] ?? '').trim()
  if (stated === undefined && 'manifests' in manifest && 'layers' in manifest) {
    throw new JsonShapeError('it is a manifest and an index at once')
  }
  if (indexTypes.includes(mediaType)) return parseIndex(manifest.manifests)
  if (manifestTypes.includes(mediaType)) return parseImageManifest(manifest)
  throw new JsonShapeError(`its media type is ${mediaType || 'unknown'}`)
}

/**
 * The index entry that fits the wished platform best; undefined if none does. An only entry that
 * names no platform is taken: the image's configuration names it.
 */
export function choosePlatform({ manifests }: Index, wish: Platform): IndexEntry | undefined {
  const [only] = manifests
  if (manifests.length === 1 && only !== undefined && only.platform === undefined) return only
  let best: IndexEntry | undefined
  let bestFit = 0
  for (const entry of manifests) {
    const fit = entry.platform === undefined ? 0 : platformFit(entry.platform, wish)
    if (fit > bestFit) [best, bestFit] = [entry, fit]
  }
  return best
}

function parseIndex(value: unknown): Index {
  const manifests = list(value, 'manifests').map((entry, index) => {
    const where = `manifests[${index}]`
    const fields = object(entry, where)
    const platform = optional(fields.platform, `${where}.platform`, parsePlatform)
    return { ...parseDescriptor(fields, where), platform }
  })
  return { kind: 'index', manifests }
}

function parsePlatform(value: unknown, where: string): Platform {
  const { os, architecture, variant } = object(value, where)
  const name = optional(variant, `${where}.variant`, text)
  return {
    os: text(os, `${where}.os`),
    architecture: text(architecture, `${where}.architecture`),
    ...(name === undefined || name === '' ? {} : { variant: name }),
  }
}

function parseImageManifest(manifest: Readonly<Record<string, unknown>>): Manifest | Artifact {
  const artifactType = optional(manifest.artifactType, 'artifactType', text)
  const config = parseDescriptor(object(manifest.config, 'config'), 'config')
  if (!configTypes.includes(config.mediaType)) {
    return { kind: 'artifact', mediaType: artifactType ?? config.mediaType }
  }
  const layers = list(manifest.layers, 'layers')
  if (layers.length > maximumLayers) {
    throw new JsonShapeError(
      `it has ${layers.length} layers; more than ${maximumLayers} cannot be stacked`,
    )
  }
  return { kind: 'manifest', config, layers: layers.map(parseLayer) }
}

function parseLayer(value: unknown, index: number): Descriptor {
  const where = `layers[${index}]`
  const descriptor = parseDescriptor(object(value, where), where)
  if (isLayerType(descriptor.mediaType)) return descriptor
  throw new JsonShapeError(`${where} has the media type ${descriptor.mediaType}, which is no layer`)
}

/** Throws a JsonShapeError that names the place by `where`. */
export function parseDescriptor(
  fields: Readonly<Record<string, unknown>>,
  where: string,
): Descriptor {
  const digest = text(fields.digest, `${where}.digest`)
  if (!isDigest(digest)) throw new JsonShapeError(`${where}.digest is not a digest`)
  return {
    mediaType: text(fields.mediaType, `${where}.mediaType`),
    digest,
    sizeBytes: count(fields.size, `${where}.size`),
  }
}
