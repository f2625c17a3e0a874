import { imagesErrors } from '../../errors/images.ts'
import { JsonShapeError } from '../../json/value.ts'
import type { RepositoryName } from './authorization.ts'
import { checkDigest, digestOf, isDigest } from './digest.ts'
import { parseImageConfig } from './image-config.ts'
import {
  type Artifact,
  choosePlatform,
  type Descriptor,
  type Index,
  type Manifest,
  maximumConfigBytes,
  maximumManifestBytes,
  parseManifest,
} from './manifest.ts'
import { indexTypes, manifestTypes } from './media-types.ts'
import { formatPlatform, type Platform, platformFit } from './platform.ts'
import { formatReference } from './reference.ts'
import type { RegistryClient, RequestOptions } from './registry.ts'
import type { ImageConfig, Reference } from './types.ts'

/** What a reference means now, before its layers are fetched. */
export type ResolvedImage = {
  /** Of what the reference itself names: the index if there is one, else the manifest. */
  readonly digest: string
  readonly manifestDigest: string
  readonly manifest: Manifest
  /** The manifest byte by byte. */
  readonly manifestText: string
  readonly config: ImageConfig
  /** The configuration byte by byte, as its digest was made. */
  readonly configText: string
}

/** An index may point to an index; deeper nesting has no use. */
const maximumIndexDepth = 3

/**
 * Asks the registry which image a reference means for this platform. Everything is checked against
 * its digest; a manifest fetched by tag against `Docker-Content-Digest`.
 *
 * @param source where it is asked for, if not at the registry that the reference names
 * @throws SLIPWAY_IMAGES_PLATFORM_MISSING, SLIPWAY_IMAGES_NOT_AN_IMAGE,
 * SLIPWAY_IMAGES_MANIFEST_INVALID, SLIPWAY_IMAGES_DIGEST_MISMATCH, SLIPWAY_IMAGES_SIZE_MISMATCH, and
 * as `RegistryClient.getSmall`
 */
export async function resolveImage(
  client: RegistryClient,
  reference: Reference,
  platform: Platform,
  options: RequestOptions,
  source: RepositoryName = reference,
): Promise<ResolvedImage> {
  const found = await imageManifest(client, reference, platform, options, source)
  const { manifest } = found
  const bytes = await fetchConfig(client, reference, manifest.config, options, source)
  const config = shaped('configuration', reference, () => parseImageConfig(bytes))
  if (platformFit({ os: config.os, architecture: config.architecture }, platform) === 0) {
    throw platformMissing(reference, platform, [formatPlatform(config)])
  }
  const layers = manifest.layers.length
  const diffIds = config.rootfs.diff_ids.length
  if (layers !== diffIds) {
    const reason = `its configuration has ${diffIds} diff IDs for ${layers} layers`
    throw manifestInvalid('manifest', reference, reason)
  }
  return { ...found, config, configText: bytes.toString('utf8') }
}

/** What a registry has under a name, without pulling it. */
export type RegistryEntry = {
  readonly mediaType: string
  readonly digest: string
  readonly sizeBytes: number
  readonly platforms: readonly Platform[]
}

/** @throws as `resolveImage` */
export async function inspectAtRegistry(
  client: RegistryClient,
  reference: Reference,
  options: RequestOptions,
): Promise<RegistryEntry> {
  const target = reference.digest ?? reference.tag ?? 'latest'
  const { bytes, digest, mediaType } = await fetchManifest(client, reference, target, options)
  const manifest = shaped('manifest', reference, () => parseManifest(bytes, mediaType))
  const entry = { mediaType, digest, sizeBytes: bytes.length }
  if (manifest.kind === 'artifact') return { ...entry, platforms: [] }
  if (manifest.kind === 'index') {
    const platforms = manifest.manifests.flatMap(({ platform }) => platform ?? [])
    return { ...entry, platforms }
  }
  const configBytes = await fetchConfig(client, reference, manifest.config, options)
  const config = shaped('configuration', reference, () => parseImageConfig(configBytes))
  const { os, architecture, variant } = config
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) }
  return { ...entry, platforms: [platform] }
}

async function imageManifest(
  client: RegistryClient,
  reference: Reference,
  platform: Platform,
  options: RequestOptions,
  source: RepositoryName,
): Promise<Omit<ResolvedImage, 'config' | 'configText'>> {
  let named: string | undefined
  let target = reference.digest ?? reference.tag ?? 'latest'
  let sizeBytes: number | undefined
  for (let depth = 0; depth < maximumIndexDepth; depth += 1) {
    const { bytes, digest, mediaType } = await fetchManifest(client, source, target, options)
    if (sizeBytes !== undefined) checkSize('manifest', { digest, sizeBytes }, bytes.length)
    const manifest: Manifest | Index | Artifact = shaped('manifest', reference, () =>
      parseManifest(bytes, mediaType),
    )
    named ??= digest
    if (manifest.kind === 'manifest') {
      const manifestText = bytes.toString('utf8')
      return { digest: named, manifestDigest: digest, manifest, manifestText }
    }
    if (manifest.kind === 'artifact') {
      const details = { reference: formatReference(reference), mediaType: manifest.mediaType }
      throw imagesErrors.error('SLIPWAY_IMAGES_NOT_AN_IMAGE', details)
    }
    const entry = choosePlatform(manifest, platform)
    if (entry === undefined) {
      const available = manifest.manifests.flatMap((one) =>
        one.platform === undefined ? [] : [formatPlatform(one.platform)],
      )
      throw platformMissing(reference, platform, available)
    }
    target = entry.digest
    sizeBytes = entry.sizeBytes
  }
  throw manifestInvalid('index', reference, 'indexes are nested too deeply')
}

async function fetchManifest(
  client: RegistryClient,
  name: RepositoryName,
  target: string,
  options: RequestOptions,
): Promise<{ bytes: Buffer; digest: string; mediaType: string }> {
  const accept = [...indexTypes, ...manifestTypes].join(', ')
  const limits = { accept, limitBytes: maximumManifestBytes }
  const { headers, bytes } = await client.getSmall(name, `manifests/${target}`, limits, options)
  const stated = [headers['docker-content-digest']].flat()[0]
  const expected = isDigest(target) ? target : stated
  if (expected !== undefined && !isDigest(expected)) {
    const reason = 'its Docker-Content-Digest is not a digest'
    throw imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_PROTOCOL', {
      registry: name.registry,
      reason,
    })
  }
  if (expected !== undefined) checkDigest(bytes, expected, 'manifest')
  return { bytes, digest: expected ?? digestOf(bytes), mediaType: headers['content-type'] ?? '' }
}

async function fetchConfig(
  client: RegistryClient,
  reference: Reference,
  config: Descriptor,
  options: RequestOptions,
  source: RepositoryName = reference,
): Promise<Buffer> {
  if (config.sizeBytes > maximumConfigBytes) {
    const reason = `its configuration is larger than ${maximumConfigBytes} bytes`
    throw manifestInvalid('manifest', reference, reason)
  }
  const limits = { accept: '*/*', limitBytes: config.sizeBytes }
  const path = `blobs/${config.digest}`
  const { bytes } = await client.getSmall(source, path, limits, options)
  checkSize('configuration', config, bytes.length)
  checkDigest(bytes, config.digest, 'configuration')
  return bytes
}

function checkSize(
  what: string,
  { digest, sizeBytes }: Pick<Descriptor, 'digest' | 'sizeBytes'>,
  actual: number,
): void {
  if (actual === sizeBytes) return
  const details = { what, digest, expectedBytes: sizeBytes, actual }
  throw imagesErrors.error('SLIPWAY_IMAGES_SIZE_MISMATCH', details)
}

function shaped<Value>(what: string, reference: Reference, parse: () => Value): Value {
  try {
    return parse()
  } catch (error) {
    if (error instanceof JsonShapeError)
      throw manifestInvalid(what, reference, error.message, error)
    throw error
  }
}

function manifestInvalid(what: string, reference: Reference, reason: string, cause?: unknown) {
  const details = { what, reference: formatReference(reference), reason }
  return imagesErrors.error('SLIPWAY_IMAGES_MANIFEST_INVALID', details, cause)
}

function platformMissing(reference: Reference, platform: Platform, available: readonly string[]) {
  return imagesErrors.error('SLIPWAY_IMAGES_PLATFORM_MISSING', {
    reference: formatReference(reference),
    platform: formatPlatform(platform),
    available:
      available.filter((name) => !name.startsWith('unknown')).join(', ') || 'nothing named',
  })
}
