import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { imagesErrors } from '../../../errors/images.ts'
import { isDecompressionError } from '../decompress.ts'
import { checkSpace, spaceCheckBytes } from '../limits.ts'
import { tarEvents } from '../tar-events.ts'
import { TarFormatError, type TarHeader } from '../tar-header.ts'

/** A file of an archive, as it lies on the host. */
export type StagedFile = { readonly path: string; readonly sizeBytes: number }

type Entry = StagedFile | { readonly link: string }

/** An image has a few files for each layer, and an archive few images. */
const mostEntries = 50_000
const mostLinks = 8

/**
 * The files of an archive of images. Its names are looked up here and are never paths of the host: what
 * they hold lies under numbers, and links are followed among the names alone.
 */
export class StagedArchive {
  readonly #entries: ReadonlyMap<string, Entry>

  private constructor(entries: ReadonlyMap<string, Entry>) {
    this.#entries = entries
  }

  /**
   * Takes an archive apart, compressed by gzip or zstd or not at all.
   *
   * @param directory exists and is empty; whoever calls removes it
   * @throws SLIPWAY_IMAGES_ARCHIVE_INVALID, SLIPWAY_IMAGES_DISK_FULL, and what the source throws
   */
  static async stage(
    source: AsyncIterable<Buffer>,
    directory: string,
    reserveBytes: number,
  ): Promise<StagedArchive> {
    try {
      return new StagedArchive(await stagedEntries(source, directory, reserveBytes))
    } catch (error) {
      if (error instanceof TarFormatError || isDecompressionError(error))
        throw archiveInvalid(error.message, error)
      throw error
    }
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /** @throws SLIPWAY_IMAGES_ARCHIVE_INVALID when there is no such file */
  file(name: string): StagedFile {
    let at = cleanName(name)
    for (let links = 0; links <= mostLinks; links += 1) {
      const entry = this.#entries.get(at)
      if (entry === undefined) throw archiveInvalid(`it has no file ${name}`)
      if ('path' in entry) return entry
      at = entry.link
    }
    throw archiveInvalid(`the links of ${name} go round in circles`)
  }

  /** The content of a file that is read as a whole. @throws as `file`, and when it is larger */
  async small(name: string, limitBytes: number): Promise<Buffer> {
    const { path, sizeBytes } = this.file(name)
    if (sizeBytes > limitBytes)
      throw archiveInvalid(`its file ${name} is larger than ${limitBytes} bytes`)
    await using file = await open(path)
    return await file.readFile()
  }
}

export async function* contentOf({ path }: StagedFile): AsyncGenerator<Buffer, void> {
  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 }))
    yield Buffer.from(piece)
}

export function archiveInvalid(reason: string, cause?: unknown) {
  return imagesErrors.error('SLIPWAY_IMAGES_ARCHIVE_INVALID', { reason }, cause)
}

async function stagedEntries(
  source: AsyncIterable<Buffer>,
  directory: string,
  reserveBytes: number,
): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>()
  let file: FileHandle | undefined
  let uncheckedBytes = spaceCheckBytes
  try {
    for await (const event of tarEvents(source)) {
      if (event.kind === 'entry') {
        const { header } = event
        if (header.type === 'directory') continue
        const name = cleanName(header.name)
        // Two readers could understand it differently.
        if (entries.has(name)) throw archiveInvalid(`it has the file ${name} twice`)
        if (entries.size >= mostEntries)
          throw archiveInvalid(`it has more than ${mostEntries} files`)
        const path = join(directory, String(entries.size))
        entries.set(name, entryOf(header, name, path))
        if (header.type === 'file') file = await open(path, 'wx', 0o600)
      } else if (event.kind === 'content') {
        uncheckedBytes += event.piece.length
        if (uncheckedBytes >= spaceCheckBytes) {
          uncheckedBytes = 0
          await checkSpace('an archive of images', directory, spaceCheckBytes, reserveBytes)
        }
        await file?.writeFile(event.piece)
      } else {
        await file?.close()
        file = undefined
      }
    }
  } finally {
    await file?.close()
  }
  return entries
}

function entryOf({ type, linkName, sizeBytes }: TarHeader, name: string, path: string): Entry {
  if (type === 'file') return { path, sizeBytes }
  if (type === 'hard link') return { link: cleanName(linkName) }
  // Docker saved a layer that it had written already as a link to it, before version 25.
  if (type === 'symbolic link' && !linkName.startsWith('/'))
    return { link: cleanName(`${posix.dirname(name)}/${linkName}`) }
  throw archiveInvalid(`its entry ${name} is a ${type}`)
}

/** A name without its frills. @throws SLIPWAY_IMAGES_ARCHIVE_INVALID for one that leads out of the archive */
function cleanName(name: string): string {
  const clean = posix.normalize(name)
  if (clean.startsWith('/') || clean === '..' || clean.startsWith('../'))
    throw archiveInvalid(`the name ${JSON.stringify(name)} leads out of it`)
  return clean
}
