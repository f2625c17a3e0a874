import type { NamedRecord, ReadRecord } from './image-records.ts'
import { formatReference, parseReference, repositoryOf } from './reference.ts'
import type { Reference } from './types.ts'

/** An image of the store with all its names: what clients of the API know as an image. */
export type StoredImage = {
  /** The digest of its configuration. */
  readonly id: string
  /** Canonical names with a tag, in order. */
  readonly tags: readonly string[]
  /** Canonical names with a digest, in order. */
  readonly digests: readonly string[]
  /** What is known of it, each record by another name; at least one. */
  readonly records: readonly ReadRecord[]
}

/** The images that records tell of. One that a name was found for is not unnamed, whatever else is said. */
export function storedImages(
  named: readonly NamedRecord[],
  unnamed: readonly ReadRecord[],
): StoredImage[] {
  const byId = new Map<string, ReadRecord[]>()
  for (const record of [...named, ...unnamed]) {
    const known = byId.get(record.configDigest)
    if (known === undefined) byId.set(record.configDigest, [record])
    else if (record.reference !== undefined) known.push(record)
  }
  return [...byId].map(([id, records]) => {
    const names = records.flatMap(namesOf)
    return {
      id,
      tags: unique(names.filter(({ digest }) => digest === undefined)),
      digests: unique(names.filter(({ digest }) => digest !== undefined)),
      records,
    }
  })
}

/**
 * The image that a name, an id or the beginning of an id means, as Docker looks it up: undefined if none
 * does, or the beginnings of several are the same.
 *
 * @throws SLIPWAY_IMAGES_REFERENCE_INVALID
 */
export function findStored(
  images: readonly StoredImage[],
  wanted: string,
): StoredImage | undefined {
  const byId = images.find(({ id }) => id === wanted || id === `sha256:${wanted}`)
  if (byId !== undefined) return byId
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(wanted)) return undefined
  const beginning = /^(?:sha256:)?[0-9a-f]+$/.test(wanted)
  const byName = images.find((image) => isNamed(image, canonicalName(wanted)))
  if (byName !== undefined || !beginning) return byName
  const matches = images.filter(({ id }) => isBeginning(wanted, id))
  return matches.length === 1 ? matches[0] : undefined
}

/** Whether a text is an image's id or the beginning of it. */
export function isBeginning(wanted: string, id: string): boolean {
  return id.startsWith(wanted) || id.slice(id.indexOf(':') + 1).startsWith(wanted)
}

/** The one name that a reference stands for: where there is a digest, its tag is a note. */
export function canonicalName(reference: string): string {
  return nameText(parseReference(reference))
}

/** Whether a reference is what a name or the beginning of an id stands for. */
export function isSameName(reference: string, wanted: string): boolean {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(wanted)) return false
  return canonicalName(reference) === canonicalName(wanted)
}

function isNamed({ tags, digests }: StoredImage, name: string): boolean {
  return tags.includes(name) || digests.includes(name)
}

function namesOf({ reference, digest }: ReadRecord): Reference[] {
  if (reference === undefined) return []
  const name = parseReference(reference)
  if (name.digest !== undefined || digest === undefined) return [name]
  return [name, parseReference(`${repositoryOf(reference)}@${digest}`)]
}

function nameText({ registry, repository, tag, digest }: Reference): string {
  return formatReference(
    digest === undefined
      ? { registry, repository, ...(tag === undefined ? {} : { tag }) }
      : { registry, repository, digest },
  )
}

function unique(names: readonly Reference[]): string[] {
  return [...new Set(names.map(nameText))].sort()
}
