import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { imagesErrors } from '../../errors/images.ts'
import { ifAbsent } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import { some } from '../../json/some.ts'
import { object, optional, parseJson, text } from '../../json/value.ts'
import type { Verification } from '../image-policy/policy.ts'
import { checkDigest } from './digest.ts'
import { parseImageConfig } from './image-config.ts'
import type { ImageConfig } from './types.ts'

/** What is kept of an image besides its layers. */
export type ImageRecord = {
  /** Canonical; undefined for an image that lost its last name. */
  readonly reference: string | undefined
  readonly manifestDigest: string
  readonly configDigest: string
  /** Byte by byte, so that its digest can be checked whenever it is read. */
  readonly configText: string
  /** By which the registry gave it for its tag: that of the index if there is one. */
  readonly digest?: string
  /** The manifest that a registry gave, byte by byte: it names the layers' blobs. */
  readonly manifestText?: string
  /** When the image got this name. */
  readonly namedAt?: string
  /** The signature that was found when it came, where one was asked for. */
  readonly verification?: Verification
}

/** A record with its configuration, checked. */
export type ReadRecord = ImageRecord & { readonly config: ImageConfig }

export type NamedRecord = ReadRecord & { readonly reference: string }

const format = 1

/**
 * One file per name, each with all there is to know: a name means another image when its file was
 * replaced, and an image has as many names as files tell of it. One that nothing names has a file by
 * its digest, which supervisors before this one do not look at.
 */
export class ImageRecords {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Removes files that an earlier process did not finish. */
  static async open(directory: string): Promise<ImageRecords> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    for (const name of await readdir(directory)) {
      if (name.endsWith('.new')) await rm(join(directory, name))
    }
    return new ImageRecords(directory)
  }

  /** @throws SLIPWAY_IMAGES_RECORD_DAMAGED */
  async read(reference: string): Promise<NamedRecord | undefined> {
    try {
      const record = await this.#readFile(fileName({ reference }))
      return isNamed(record) ? record : undefined
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Those with a name, by their names. @throws SLIPWAY_IMAGES_RECORD_DAMAGED */
  async list(): Promise<NamedRecord[]> {
    const records = await this.#readAll(/^[0-9a-f]{64}\.json$/)
    return records.filter(isNamed).sort((a, b) => (a.reference < b.reference ? -1 : 1))
  }

  /**
   * Those without a name. An image may have a name too: whoever was interrupted between two steps left
   * it so, and the name counts. @throws SLIPWAY_IMAGES_RECORD_DAMAGED
   */
  async listUnnamed(): Promise<ReadRecord[]> {
    return await this.#readAll(/^[0-9a-f]{64,128}\.unnamed\.json$/)
  }

  async hasUnnamed(configDigest: string): Promise<boolean> {
    return (await readdir(this.#directory)).includes(
      fileName({ reference: undefined, configDigest }),
    )
  }

  async write(record: ImageRecord): Promise<void> {
    const path = join(this.#directory, fileName(record))
    await writeFileAtomically(path, `${JSON.stringify({ format, ...record })}\n`)
  }

  /** Removes a name, or the record of an image that has none. */
  async remove(record: RecordKey): Promise<void> {
    await rm(join(this.#directory, fileName(record)), { force: true })
    await using directory = await open(this.#directory, 'r')
    await directory.sync()
  }

  /** When a record was written, or its image last used. */
  async lastUsedMs(record: RecordKey): Promise<number> {
    const found = await stat(join(this.#directory, fileName(record))).catch(ifAbsent)
    return found?.mtimeMs ?? 0
  }

  /** Remembers that an image is used, in the time of its file: not worth a flush of its own. */
  async touch(record: RecordKey): Promise<void> {
    const now = new Date()
    await utimes(join(this.#directory, fileName(record)), now, now).catch(ifAbsent)
  }

  async #readAll(pattern: RegExp): Promise<ReadRecord[]> {
    const names = (await readdir(this.#directory)).filter((name) => pattern.test(name))
    return await Promise.all(names.map((name) => this.#readFile(name)))
  }

  async #readFile(name: string): Promise<ReadRecord> {
    const file = join(this.#directory, name)
    const bytes = await readFile(file)
    try {
      return parseRecord(bytes)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw imagesErrors.error('SLIPWAY_IMAGES_RECORD_DAMAGED', { file, reason }, error)
    }
  }
}

function isNamed(record: ReadRecord): record is NamedRecord {
  return record.reference !== undefined
}

function parseRecord(bytes: Buffer): ReadRecord {
  const fields = object(parseJson(bytes), 'the record')
  if (fields.format !== format) throw new Error(`its format is not ${format}`)
  const configText = text(fields.configText, 'configText')
  const configDigest = text(fields.configDigest, 'configDigest')
  const configBytes = Buffer.from(configText, 'utf8')
  checkDigest(configBytes, configDigest, 'configuration')
  return {
    reference: optional(fields.reference, 'reference', text),
    manifestDigest: text(fields.manifestDigest, 'manifestDigest'),
    configDigest,
    configText,
    config: parseImageConfig(configBytes),
    ...some('digest', optional(fields.digest, 'digest', text)),
    ...some('manifestText', optional(fields.manifestText, 'manifestText', text)),
    ...some('namedAt', optional(fields.namedAt, 'namedAt', text)),
    ...some('verification', optional(fields.verification, 'verification', verification)),
  }
}

function verification(value: unknown, where: string): Verification {
  const { key, repository } = object(value, where)
  return { key: text(key, `${where}.key`), repository: text(repository, `${where}.repository`) }
}

type RecordKey =
  | { readonly reference: string }
  | { readonly reference: undefined; readonly configDigest: string }
  | Pick<ImageRecord, 'reference' | 'configDigest'>

/** References are longer than file names may be, and have slashes. */
function fileName(record: RecordKey): string {
  if (record.reference !== undefined)
    return `${createHash('sha256').update(record.reference).digest('hex')}.json`
  const { configDigest } = record
  return `${configDigest.slice(configDigest.indexOf(':') + 1)}.unnamed.json`
}
