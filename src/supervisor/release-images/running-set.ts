import { readFile } from 'node:fs/promises'
import type { Log } from '../../journal/log.ts'
import { JsonShapeError } from '../../json/value.ts'
import { type ImageSet, parseImageSet } from './image-set.ts'

/**
 * The images of the release that runs; undefined when it brings none. A file that cannot be understood
 * is reported and brings none: services that name an image of it are then not as declared, the others run.
 */
export async function readRunningSet(file: string, log: Log): Promise<ImageSet | undefined> {
  try {
    return parseImageSet(await readFile(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (!(error instanceof JsonShapeError)) throw error
    log.error(`${file}: ${error.message}`)
    return undefined
  }
}
