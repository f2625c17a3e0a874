import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { imagesErrors } from '../../errors/images.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import { object, parseJson, text } from '../../json/value.ts'
import { checkDigest } from './digest.ts'
import { parseImageConfig } from './image-config.ts'
import type { ImageConfig } from './types.ts'

/** What is kept of an image besides its layers. */
export type ImageRecord = {
  /** Canonical. */
  readonly reference: string
  readonly manifestDigest: string
  readonly configDigest: string
  /** Byte by byte, so that its digest can be checked whenever it is read. */
  readonly configText: string
}

const format = 1

/** One file per reference; a reference means another image when its file was replaced. */
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
  async read(reference: string): Promise<(ImageRecord & { config: ImageConfig }) | undefined> {
    try {
      return await this.#readFile(fileName(reference))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  /** @throws SLIPWAY_IMAGES_RECORD_DAMAGED */
  async list(): Promise<(ImageRecord & { config: ImageConfig })[]> {
    const names = (await readdir(this.#directory)).filter((name) =>
      /^[0-9a-f]{64}\.json$/.test(name),
    )
    const records = await Promise.all(names.map((name) => this.#readFile(name)))
    return records.sort((a, b) => (a.reference < b.reference ? -1 : 1))
  }

  async write(record: ImageRecord): Promise<void> {
    const path = join(this.#directory, fileName(record.reference))
    await writeFileAtomically(path, `${JSON.stringify({ format, ...record })}\n`)
  }

  async remove(reference: string): Promise<void> {
    await rm(join(this.#directory, fileName(reference)), { force: true })
    await using directory = await open(this.#directory, 'r')
    await directory.sync()
  }

  async #readFile(name: string): Promise<ImageRecord & { config: ImageConfig }> {
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

function parseRecord(bytes: Buffer): ImageRecord & { config: ImageConfig } {
  const fields = object(parseJson(bytes), 'the record')
  if (fields.format !== format) throw new Error(`its format is not ${format}`)
  const configText = text(fields.configText, 'configText')
  const configDigest = text(fields.configDigest, 'configDigest')
  const configBytes = Buffer.from(configText, 'utf8')
  checkDigest(configBytes, configDigest, 'configuration')
  return {
    reference: text(fields.reference, 'reference'),
    manifestDigest: text(fields.manifestDigest, 'manifestDigest'),
    configDigest,
    configText,
    config: parseImageConfig(configBytes),
  }
}

/** References are longer than file names may be, and have slashes. */
function fileName(reference: string): string {
  return `${createHash('sha256').update(reference).digest('hex')}.json`
}
