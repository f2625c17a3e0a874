import { gunzipSync } from 'node:zlib'
import { decodeDataUrl, type JsonNode } from '../../ignition-schema/index.ts'
import {
  type ComposeFiles,
  type FileContent,
  largestFileBytes,
} from '../../supervisor/compose/compose-files.ts'
import { itemsOf, memberOf, type ObjectNode, textOf } from '../node.ts'

/** The files that a config brings below a directory of the host, as far as their content is in it. */
export function placedFiles(storage: ObjectNode, directory: string): ComposeFiles {
  const files = new Map<string, JsonNode>()
  for (const file of itemsOf(storage, 'files')) {
    const path = textOf(file, 'path')
    if (path !== undefined) files.set(path, file)
  }
  return {
    read: (path) => {
      if (!path.startsWith(`${directory}/`))
        return { kind: 'refused', reason: `it is not in the directory ${directory}` }
      const file = files.get(path)
      return file === undefined ? { kind: 'absent' } : contentOf(memberOf(file, 'contents'))
    },
  }
}

function contentOf(contents: JsonNode | undefined): FileContent {
  const { data } = decodeDataUrl(textOf(contents, 'source') ?? 'data:,')
  if (data === undefined) return { kind: 'refused', reason: 'its content is not in the config' }
  if (textOf(contents, 'compression') !== 'gzip')
    return { kind: 'content', bytes: Buffer.from(data) }
  try {
    return { kind: 'content', bytes: gunzipSync(data, { maxOutputLength: largestFileBytes }) }
  } catch (error) {
    return { kind: 'refused', reason: error instanceof Error ? error.message : String(error) }
  }
}
