import type { FieldPath } from '../../checked-yaml/problem.ts'
import type { ContainerLog } from '../containers/spec.ts'
import { nameList } from '../logs/details.ts'
import { parseTag } from '../logs/tag.ts'
import type { NodeReader } from './node-reader.ts'
import { parseBytes, parseCount } from './quantities.ts'

const drivers: Readonly<Record<string, ContainerLog['driver']>> = {
  journald: 'journald',
  'json-file': 'json-file',
  local: 'json-file',
  none: 'none',
}

/** Reads `logging`. */
export function readLogging(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): ContainerLog | undefined {
  const fields = reader.section(node, path, ['driver', 'options'])
  if (fields === undefined) return undefined
  const driver =
    fields.driver === undefined
      ? 'journald'
      : reader.parsed(fields.driver.value, [...path, 'driver'], 'a driver', (text) => {
          const known = Object.hasOwn(drivers, text) ? drivers[text] : undefined
          if (known !== undefined) return known
          throw new RangeError(`expected ${Object.keys(drivers).join(', ')}, found "${text}"`)
        })
  const at = [...path, 'options']
  const known = ['max-size', 'max-file', 'labels', 'env', 'tag'] as const
  const options = fields.options && reader.section(fields.options.value, at, known)
  const option = <Value>(name: (typeof known)[number], parse: (text: string) => Value) => {
    const entry = options?.[name]
    return entry && reader.parsed(entry.value, [...at, name], 'a text', parse)
  }
  const maximumBytes = option('max-size', parseBytes)
  const maximumFiles = option('max-file', parseFiles)
  const labels = option('labels', nameList)
  const variables = option('env', nameList)
  const tag = option('tag', parseTag)
  if (driver === undefined) return undefined
  return {
    driver,
    ...(maximumBytes === undefined ? {} : { maximumBytes }),
    ...(maximumFiles === undefined ? {} : { maximumFiles }),
    ...(labels === undefined ? {} : { labels }),
    ...(variables === undefined ? {} : { variables }),
    ...(tag === undefined ? {} : { tag }),
  }
}

function parseFiles(text: string): number {
  const count = parseCount(text)
  if (count <= 100) return count
  throw new RangeError(`expected 100 files at most, found "${text}"`)
}
