import {
  count,
  type JsonObject,
  JsonShapeError,
  list,
  object,
  optional,
  parseJson,
  text,
} from '../../json/value.ts'
import { releaseImages } from '../../supervisor/release-images/image-set.ts'
import type {
  Artifact,
  ChannelDescription,
  ChannelEntry,
  Deltas,
  HashTree,
  ReleaseDescription,
} from '../release.ts'
import { isVersion, versionExpectation } from '../version.ts'
import { isRepositoryName, nameExpectation, parseTarget, releaseTarget } from './target-paths.ts'

/** The description is of a later format than this program knows. */
export class UnknownFormatError extends Error {
  readonly formatVersion: number

  constructor(formatVersion: number) {
    super(`its format version is ${formatVersion}`)
    this.formatVersion = formatVersion
  }
}

/**
 * Reads a ChannelDescription. Fields that are not known are left out: they may be added without a new
 * format version as long as hosts that do not know them go on safely.
 *
 * @throws JsonShapeError, UnknownFormatError
 */
export function parseChannel(bytes: Uint8Array): ChannelDescription {
  const value = described(bytes)
  const image = name(value.image, 'image')
  const releases = list(value.releases, 'releases').map((each, index) =>
    channelEntry(each, `releases[${index}]`, image),
  )
  const versions = releases.map(({ version }) => version)
  if (new Set(versions).size < versions.length)
    throw new JsonShapeError('releases lists a version twice')
  return { formatVersion: 1, channel: name(value.channel, 'channel'), image, releases }
}

/** Reads a ReleaseDescription. @throws JsonShapeError, UnknownFormatError */
export function parseRelease(bytes: Uint8Array): ReleaseDescription {
  const value = described(bytes)
  const image = name(value.image, 'image')
  const version = versionText(value.version, 'version')
  const file = (each: unknown, where: string) => artifact(each, where, image, version)
  const signature = optional(value.signature, 'signature', file)
  const bootLoader = optional(value.bootLoader, 'bootLoader', file)
  const containerImages = optional(value.containerImages, 'containerImages', releaseImages)
  const deltas = optional(value.deltas, 'deltas', (each) => deltasOf(each, file))
  return {
    formatVersion: 1,
    image,
    version,
    architecture: matching(value.architecture, 'architecture', /^[a-z0-9]{1,32}$/, 'one word'),
    createdAt: matching(
      value.createdAt,
      'createdAt',
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
      'a time in UTC',
    ),
    rootHash: digest(value.rootHash, 'rootHash'),
    usr: file(value.usr, 'usr'),
    verity: file(value.verity, 'verity'),
    ...(signature && { signature }),
    uki: file(value.uki, 'uki'),
    ...(bootLoader && { bootLoader }),
    ...(containerImages && { containerImages }),
    ...(deltas && { deltas }),
  }
}

/** Every file of a release that its description names. */
export function artifactsOf(release: ReleaseDescription): readonly Artifact[] {
  const { usr, verity, signature, uki, bootLoader, deltas = {} } = release
  const { compressed, patches = [], chunks } = deltas
  return [
    usr,
    verity,
    signature,
    uki,
    bootLoader,
    ...[compressed, ...patches].flatMap((files) => [files?.usr, files?.uki]),
    chunks?.index,
    chunks?.pack,
  ].filter((artifact) => artifact !== undefined)
}

type ReadFile = (value: unknown, where: string) => Artifact

function deltasOf(value: unknown, file: ReadFile): Deltas {
  const deltas = object(value, 'deltas')
  const images = (each: unknown, where: string) => {
    const { usr, uki } = object(each, where)
    return { usr: file(usr, `${where}.usr`), uki: file(uki, `${where}.uki`) }
  }
  const compressed = optional(deltas.compressed, 'deltas.compressed', images)
  const patches = optional(deltas.patches, 'deltas.patches', (all, where) =>
    list(all, where).map((each, index) => {
      const at = `${where}[${index}]`
      const { from, rootHash } = object(each, at)
      return {
        from: versionText(from, `${at}.from`),
        rootHash: digest(rootHash, `${at}.rootHash`),
        ...images(each, at),
      }
    }),
  )
  const chunks = optional(deltas.chunks, 'deltas.chunks', (each, where) => {
    const { index, pack } = object(each, where)
    return { index: file(index, `${where}.index`), pack: file(pack, `${where}.pack`) }
  })
  const hashTree = optional(deltas.hashTree, 'deltas.hashTree', hashTreeOf)
  return {
    ...(compressed && { compressed }),
    ...(patches && { patches }),
    ...(chunks && { chunks }),
    ...(hashTree && { hashTree }),
  }
}

function hashTreeOf(value: unknown, where: string): HashTree {
  const { uuid, salt } = object(value, where)
  return {
    uuid: matching(
      uuid,
      `${where}.uuid`,
      /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      'a UUID',
    ),
    salt: matching(
      salt,
      `${where}.salt`,
      /^(?:[0-9a-f]{2}){0,256}$/,
      'at most 256 bytes in hexadecimal',
    ),
  }
}

function described(bytes: Uint8Array): JsonObject {
  const value = object(parseJson(bytes), 'the description')
  const formatVersion = count(value.formatVersion, 'formatVersion')
  if (formatVersion !== 1) throw new UnknownFormatError(formatVersion)
  return value
}

function channelEntry(value: unknown, where: string, image: string): ChannelEntry {
  const entry = object(value, where)
  const version = versionText(entry.version, `${where}.version`)
  const { floor } = entry
  if (typeof floor !== 'boolean') throw new JsonShapeError(`${where}.floor is not true or false`)
  const release = text(entry.release, `${where}.release`)
  if (release !== releaseTarget(image, version, 'release.json'))
    throw new JsonShapeError(`${where}.release is not the description of ${image} ${version}`)
  return { version, floor, release }
}

function artifact(value: unknown, where: string, image: string, version: string): Artifact {
  const entry = object(value, where)
  const target = text(entry.target, `${where}.target`)
  const parsed = parseTarget(target)
  if (parsed?.kind !== 'release' || parsed.image !== image || parsed.version !== version)
    throw new JsonShapeError(`${where}.target is not a file of ${image} ${version}`)
  return {
    target,
    sizeBytes: count(entry.sizeBytes, `${where}.sizeBytes`),
    sha256: digest(entry.sha256, `${where}.sha256`),
  }
}

function digest(value: unknown, where: string): string {
  return matching(value, where, /^[0-9a-f]{64}$/, '64 hexadecimal digits')
}

function versionText(value: unknown, where: string): string {
  const version = text(value, where)
  if (!isVersion(version)) throw new JsonShapeError(`${where} is not ${versionExpectation}`)
  return version
}

function name(value: unknown, where: string): string {
  const found = text(value, where)
  if (!isRepositoryName(found)) throw new JsonShapeError(`${where} is not ${nameExpectation}`)
  return found
}

function matching(value: unknown, where: string, form: RegExp, expected: string): string {
  const found = text(value, where)
  if (!form.test(found)) throw new JsonShapeError(`${where} is not ${expected}`)
  return found
}
