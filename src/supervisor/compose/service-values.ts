import type { FieldPath } from '../../checked-yaml/problem.ts'
import { isSlipwayError } from '../../errors/error.ts'
import type { RestartPolicy } from '../containers/spec.ts'
import { resolveImage } from '../release-images/image-name.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'
import { readEach } from './each.ts'
import type { NodeReader } from './node-reader.ts'
import { splitWords } from './words.ts'

export function readImage(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  releaseImages: ReleaseImages,
): string | undefined {
  return reader.parsed(node, path, 'the name of an image', (text) => {
    try {
      return resolveImage(text, releaseImages)
    } catch (error) {
      if (!isSlipwayError(error)) throw error
      throw new RangeError(error.message)
    }
  })
}

export function readContainerName(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): string | undefined {
  return reader.parsed(node, path, 'a name', (text) => {
    if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(text)) return text
    throw new RangeError(
      `expected two or more letters, digits, _ . -, beginning with a letter or digit, found "${text}"`,
    )
  })
}

export function readWords(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): readonly string[] | undefined {
  // `command:` without a value keeps what the image says, as in the Compose specification.
  if (reader.isNothing(node)) return undefined
  if (!reader.isList(node)) return reader.parsed(node, path, 'a text or a list', splitWords)
  return readEach(reader, node, path, (item, at) => reader.text(item, at, 'a text'))
}

export function readRestart(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): RestartPolicy | undefined {
  return reader.parsed(node, path, 'a restart policy', (text) => {
    const [name, count] = text.split(/:(.*)/s)
    if (name === 'on-failure' && (count === undefined || /^\d+$/.test(count)))
      return { name, maximumRetryCount: Number(count ?? 0) }
    if (count === undefined && (name === 'always' || name === 'unless-stopped' || name === 'no'))
      return { name, maximumRetryCount: 0 }
    throw new RangeError(
      `expected "no", always, on-failure, on-failure:COUNT or unless-stopped, found "${text}"`,
    )
  })
}
