import type { FieldPath } from '../../checked-yaml/problem.ts'
import { some } from '../../json/some.ts'
import type { Healthcheck } from '../containers/spec.ts'
import { parseDuration } from './duration.ts'
import { readTexts } from './each.ts'
import { Fields } from './fields.ts'
import type { NodeReader } from './node-reader.ts'

export const healthcheckKeys = [
  'test',
  'interval',
  'timeout',
  'start_period',
  'start_interval',
  'retries',
  'disable',
] as const

/** Reads `healthcheck`; what it leaves out is the image's. */
export function readHealthcheck(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): Healthcheck | undefined {
  const entries = reader.section(node, path, healthcheckKeys)
  if (entries === undefined) return undefined
  const fields = new Fields(reader, path, entries)
  const disabled = fields.flag('disable')
  const test = fields.read('test', readTest)
  if (disabled === true) {
    if (fields.has('test')) fields.problem('test', 'a check that is disabled has no test')
    return { Test: ['NONE'] }
  }
  const nanoseconds = (key: (typeof healthcheckKeys)[number]) => {
    const ms = fields.parsed(key, 'a duration', parseDuration)
    return ms === undefined ? undefined : ms * 1e6
  }
  return {
    ...some('Test', test),
    ...some('Interval', nanoseconds('interval')),
    ...some('Timeout', nanoseconds('timeout')),
    ...some('StartPeriod', nanoseconds('start_period')),
    ...some('StartInterval', nanoseconds('start_interval')),
    ...some('Retries', fields.parsed('retries', 'a number', parseRetries)),
  }
}

/** A text is run by the container's shell; a list begins with `CMD`, `CMD-SHELL` or `NONE`. */
function readTest(reader: NodeReader, node: unknown, path: FieldPath): string[] | undefined {
  if (!reader.isList(node)) {
    const line = reader.text(node, path, 'a text or a list')
    return line === undefined ? undefined : ['CMD-SHELL', line]
  }
  const words = readTexts(reader, node, path, 'a text', String)
  const [kind = ''] = words ?? []
  if (!['CMD', 'CMD-SHELL', 'NONE'].includes(kind))
    return reader.problem(node, path, `expected CMD, CMD-SHELL or NONE first, found "${kind}"`)
  return words
}

function parseRetries(text: string): number {
  const retries = Number(text)
  if (/^\d+$/.test(text) && retries >= 1 && Number.isSafeInteger(retries)) return retries
  throw new RangeError(`expected a number from 1 up, found "${text}"`)
}
