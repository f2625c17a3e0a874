import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { releaseErrors } from '../errors/release.ts'
import { isAbsence } from '../files/absence.ts'
import { count, JsonShapeError, list, object, optional, parseJson, text } from '../json/value.ts'
import { fileDigest } from '../pipeline/outputs-digest.ts'
import { type ReleaseImages, releaseImages } from '../supervisor/release-images/image-set.ts'
import { isVersion, versionExpectation } from '../update/version.ts'

/** The files of a build that make a release, by their part in the release's description. */
const releaseFiles = {
  usr: 'usr.erofs',
  verity: 'usr.verity',
  uki: 'slipway.efi',
  bootLoader: 'systemd-bootx64.efi',
} as const

export type Part = keyof typeof releaseFiles

export type BuildFile = {
  readonly name: string
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
}

export type BuildOutput = {
  readonly image: string
  readonly version: string
  readonly architecture: string
  readonly rootHash: string
  /** Container images that the release brings, by name. */
  readonly containerImages: ReleaseImages
  readonly files: Readonly<Record<Part, BuildFile>>
}

/**
 * Reads what a build has put into a directory, each file checked against the build's manifest.
 *
 * @throws SLIPWAY_RELEASE_BUILD_MISSING, SLIPWAY_RELEASE_BUILD_CHANGED
 */
export async function readBuildOutput(image: string, directory: string): Promise<BuildOutput> {
  const missing = (reason: string, cause?: unknown) =>
    releaseErrors.error('SLIPWAY_RELEASE_BUILD_MISSING', { image, directory, reason }, cause)
  try {
    const manifest = parseManifest(await readFile(join(directory, 'manifest.json')))
    if (manifest.image !== image) throw missing(`it is a build of ${manifest.image}`)
    const file = async (part: Part) => {
      const name = releaseFiles[part]
      const listed = manifest.artifacts.get(name)
      if (listed === undefined) throw missing(`its manifest does not list ${name}`)
      return await checkedFile(image, join(directory, name), { name, ...listed })
    }
    const { version, architecture, rootHash, containerImages } = manifest
    return {
      image,
      version,
      architecture,
      rootHash,
      containerImages,
      files: {
        usr: await file('usr'),
        verity: await file('verity'),
        uki: await file('uki'),
        bootLoader: await file('bootLoader'),
      },
    }
  } catch (error) {
    if (error instanceof JsonShapeError) throw missing(`manifest.json: ${error.message}`, error)
    if (isAbsence(error) && 'path' in error)
      throw missing(`${String(error.path)} is missing`, error)
    throw error
  }
}

type Listed = { readonly sizeBytes: number; readonly sha256: string }

function parseManifest(bytes: Uint8Array) {
  const manifest = object(parseJson(bytes), 'the manifest')
  const image = object(manifest.image, 'image')
  const artifacts = new Map<string, Listed>()
  for (const [index, value] of list(manifest.artifacts, 'artifacts').entries()) {
    const where = `artifacts[${index}]`
    const artifact = object(value, where)
    artifacts.set(text(artifact.name, `${where}.name`), {
      sizeBytes: count(artifact.sizeBytes, `${where}.sizeBytes`),
      sha256: text(artifact.sha256, `${where}.sha256`),
    })
  }
  const version = text(image.version, 'image.version')
  if (!isVersion(version))
    throw new JsonShapeError(`image.version is "${version}", not ${versionExpectation}`)
  const rootHash = text(manifest.rootHash, 'rootHash')
  if (!/^[0-9a-f]{64}$/.test(rootHash)) throw new JsonShapeError('rootHash is not a SHA-256 digest')
  return {
    image: text(image.name, 'image.name'),
    version,
    architecture: text(image.architecture, 'image.architecture'),
    rootHash,
    containerImages: optional(manifest.containerImages, 'containerImages', releaseImages) ?? {},
    artifacts,
  }
}

async function checkedFile(
  image: string,
  path: string,
  { name, sizeBytes, sha256 }: Listed & { name: string },
): Promise<BuildFile> {
  const changed = (reason: string) =>
    releaseErrors.error('SLIPWAY_RELEASE_BUILD_CHANGED', { image, file: path, reason })
  const { size } = await stat(path)
  if (size !== sizeBytes) throw changed(`it has ${size} bytes, not ${sizeBytes}`)
  const actual = await fileDigest(path)
  if (actual !== sha256) throw changed(`its SHA-256 is ${actual}, not ${sha256}`)
  return { name, path, sizeBytes, sha256 }
}
