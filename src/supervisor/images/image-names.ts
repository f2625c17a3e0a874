import { isSlipwayError } from '../../errors/error.ts'
import type { ImageRecord, ImageRecords, NamedRecord, ReadRecord } from './image-records.ts'
import { parseReference, repositoryOf } from './reference.ts'
import { canonicalName, findStored, type StoredImage, storedImages } from './stored-image.ts'

/**
 * Gives names to images and takes them away. Killed between any two steps, an image has at least the
 * names that it had before or has afterwards, and one that is to stay has a record. Whoever calls sees to
 * it that nobody else changes records meanwhile.
 */
export class ImageNames {
  readonly #records: ImageRecords

  constructor(records: ImageRecords) {
    this.#records = records
  }

  /** @throws SLIPWAY_IMAGES_RECORD_DAMAGED */
  async images(): Promise<StoredImage[]> {
    const [named, unnamed] = await Promise.all([this.#records.list(), this.#records.listUnnamed()])
    return storedImages(named, unnamed)
  }

  /** The image that a name means now. */
  async meaning(reference: string): Promise<string | undefined> {
    const images = await this.#readable(() => this.images())
    return images === undefined ? undefined : findStored(images, reference)?.id
  }

  /** Writes a record; the image that had its name before stays, without it. */
  async give(record: ImageRecord): Promise<void> {
    const { reference } = record
    if (reference !== undefined) await this.#keepFormer(reference, record.configDigest)
    await this.#records.write(record)
    if (reference === undefined) return
    const unnamed = await this.#records.hasUnnamed(record.configDigest)
    if (unnamed) await this.#records.remove({ ...record, reference: undefined })
  }

  /** Gives an image one more name. */
  async tag({ records: [known, ...others] }: StoredImage, reference: string): Promise<void> {
    if (known === undefined) return
    const digest = digestIn(repositoryOf(reference), [known, ...others])
    const { config: _parsed, digest: _elsewhere, ...record } = known
    const namedAt = new Date().toISOString()
    await this.give({ ...record, reference, namedAt, ...(digest === undefined ? {} : { digest }) })
  }

  /** Takes names away; an image that has none left is forgotten. */
  async take(image: StoredImage, names: readonly string[]): Promise<void> {
    for (const record of image.records) {
      const { reference, digest, config: _parsed, ...rest } = record
      if (reference === undefined) continue
      if (names.includes(canonicalName(reference))) await this.#records.remove({ reference })
      else if (digest !== undefined && names.includes(`${repositoryOf(reference)}@${digest}`))
        await this.#records.write({ ...rest, reference })
    }
  }

  /** Forgets an image by all its names. */
  async forget({ id, records }: StoredImage): Promise<void> {
    for (const record of records) await this.#records.remove(record)
    if (await this.#records.hasUnnamed(id))
      await this.#records.remove({ reference: undefined, configDigest: id })
  }

  /** What a name means now keeps its digest as a name, or is left without one. */
  async #keepFormer(reference: string, configDigest: string): Promise<void> {
    const former = await this.#readable(() => this.#records.read(reference))
    if (former === undefined || former.configDigest === configDigest) return
    const { config: _parsed, digest, ...record } = former
    const byDigest = digest === undefined ? undefined : `${repositoryOf(reference)}@${digest}`
    const all = (await this.#readable(() => this.images())) ?? []
    const image = all.find(({ id }) => id === former.configDigest)
    const others = image?.records.filter((one) => one.reference !== reference) ?? []
    if (byDigest !== undefined) {
      if (!others.some((one) => one.reference === byDigest))
        await this.#records.write({ ...record, reference: byDigest })
    } else if (others.length === 0) await this.#records.write({ ...record, reference: undefined })
  }

  /** A damaged record is replaced by the next pull: it must not keep that from being done. */
  async #readable<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await read()
    } catch (error) {
      if (isSlipwayError(error, 'SLIPWAY_IMAGES_RECORD_DAMAGED')) return undefined
      throw error
    }
  }
}

/** The digest by which a repository has an image. */
function digestIn(repository: string, records: readonly ReadRecord[]): string | undefined {
  return records
    .filter((record): record is NamedRecord => record.reference !== undefined)
    .filter(({ reference }) => repositoryOf(reference) === repository)
    .map(({ reference, digest }) => parseReference(reference).digest ?? digest)
    .find((digest) => digest !== undefined)
}
