import { readFile } from 'node:fs/promises'
import { writeFileAtomically } from '../../files/atomic.ts'
import type { Log } from '../../journal/log.ts'
import {
  boolean,
  count,
  JsonShapeError,
  list,
  object,
  optional,
  parseJson,
} from '../../json/value.ts'
import { imageSet, type KeptSet } from './image-set.ts'

/**
 * Reads which releases' images are kept. A damaged file counts as none: then images stay that nobody
 * needs, and none goes that somebody does.
 */
export async function readSets(file: string, log: Log): Promise<readonly KeptSet[]> {
  try {
    const { formatVersion, releases } = object(parseJson(await readFile(file)), 'the file')
    if (count(formatVersion, 'formatVersion') !== 1)
      throw new JsonShapeError(`its format version is ${String(formatVersion)}`)
    return list(releases, 'releases').map((each, index) => keptSet(each, `releases[${index}]`))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    if (!(error instanceof JsonShapeError)) throw error
    log.warning(`${file}: ${error.message}`)
    return []
  }
}

/** Replaces the file; after a power cut it is the old one or the new one. */
export async function saveSets(file: string, releases: readonly KeptSet[]): Promise<void> {
  await writeFileAtomically(
    file,
    `${JSON.stringify({ formatVersion: 1, releases }, undefined, 2)}\n`,
  )
}

function keptSet(value: unknown, where: string): KeptSet {
  const gone = optional(object(value, where).gone, `${where}.gone`, boolean) ?? false
  return { ...imageSet(value, where), ...(gone ? { gone } : {}) }
}
