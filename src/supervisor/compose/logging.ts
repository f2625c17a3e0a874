import type { FieldPath } from '../../checked-yaml/problem.ts'
import type { ContainerLog } from '../containers/spec.ts'
import type { NodeReader } from './node-reader.ts'
import { parseBytes } from './quantities.ts'

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
  const options = fields.options && reader.section(fields.options.value, at, ['max-size'])
  const size = options?.['max-size']
  const maximumBytes = size && reader.parsed(size.value, [...at, 'max-size'], 'a size', parseBytes)
  if (driver === undefined) return undefined
  return { driver, ...(maximumBytes === undefined ? {} : { maximumBytes }) }
}
