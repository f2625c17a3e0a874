import type { ContainerLog } from '../../containers/spec.ts'
import { nameList } from '../../logs/details.ts'
import { parseTag } from '../../logs/tag.ts'
import { type Fields, invalid } from '../fields.ts'

const known = ['max-size', 'max-file', 'labels', 'env', 'tag'] as const

/** Where its output goes. Throws SLIPWAY_ENGINE_INVALID for drivers and options that there are not. */
export function logOf(host: Fields): ContainerLog {
  const fields = host.object('LogConfig')
  const type = fields.text('Type') ?? 'json-file'
  const options = fields.textMap('Config')
  if (type !== 'json-file' && type !== 'local' && type !== 'journald' && type !== 'none')
    throw invalid(`error looking up logging plugin ${type}: plugin "${type}" not found`)
  for (const key of Object.keys(options))
    if (!known.some((name) => name === key))
      throw invalid(`unknown log opt '${key}' for ${type} log driver`)
  const { 'max-size': size, 'max-file': files, labels, env, tag } = options
  return {
    driver: type === 'local' ? 'json-file' : type,
    ...(size === undefined ? {} : { maximumBytes: bytes(size) }),
    ...(files === undefined ? {} : { maximumFiles: fileCount(files) }),
    ...(labels === undefined ? {} : { labels: nameList(labels) }),
    ...(env === undefined ? {} : { variables: nameList(env) }),
    ...(tag === undefined ? {} : { tag: template(tag) }),
  }
}

/** `LogConfig` of an inspected container. */
export function logConfigJson(log: ContainerLog | undefined): object {
  const { maximumBytes, maximumFiles, labels, variables, tag } = log ?? {}
  return {
    Type: log?.driver ?? 'journald',
    Config: {
      ...(maximumBytes === undefined ? {} : { 'max-size': String(maximumBytes) }),
      ...(maximumFiles === undefined ? {} : { 'max-file': String(maximumFiles) }),
      ...(labels === undefined ? {} : { labels: labels.join(',') }),
      ...(variables === undefined ? {} : { env: variables.join(',') }),
      ...(tag === undefined ? {} : { tag }),
    },
  }
}

/** `10m` and the like. */
function bytes(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)\s*([bkmg]?)b?$/i.exec(text) ?? []
  const factor = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()]
  if (number === '' || factor === undefined) throw invalid(`invalid size: '${text}'`)
  return Number(number) * factor
}

function template(text: string): string {
  try {
    return parseTag(text)
  } catch (error) {
    if (error instanceof RangeError) throw invalid(`invalid tag: ${error.message}`)
    throw error
  }
}

/** More would have each change of the file take long. */
const mostFiles = 100

function fileCount(text: string): number {
  const count = Number(text)
  if (!/^-?\d+$/.test(text)) throw invalid(`invalid max-file: '${text}'`)
  if (count < 1) throw invalid('max-file cannot be less than 1')
  if (count > mostFiles) throw invalid(`max-file cannot be more than ${mostFiles}`)
  return count
}
