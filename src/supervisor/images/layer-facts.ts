import { readFile } from 'node:fs/promises'
import { writeFileAtomically } from '../../files/atomic.ts'
import { boolean, count, object, parseJson } from '../../json/value.ts'

/** What is known of a layer besides its files. */
export type LayerFacts = {
  /** The sizes of its files and symbolic links, as its tar says them. */
  readonly contentBytes: number
  /** The size of its tar, uncompressed. */
  readonly tarBytes: number
  /** Whether its tar can be made again from what is unpacked. */
  readonly isReproducible: boolean
}

const format = 1

export async function writeLayerFacts(file: string, facts: LayerFacts): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify({ format, ...facts })}\n`)
}

/** Undefined when there are none, or of a format that is not known: then the layer is unpacked anew. */
export async function readLayerFacts(file: string): Promise<LayerFacts | undefined> {
  try {
    const fields = object(parseJson(await readFile(file)), 'the record')
    if (fields.format !== format) return undefined
    return {
      contentBytes: count(fields.contentBytes, 'contentBytes'),
      tarBytes: count(fields.tarBytes, 'tarBytes'),
      isReproducible: boolean(fields.isReproducible, 'isReproducible'),
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
