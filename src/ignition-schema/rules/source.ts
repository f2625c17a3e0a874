import type { Details } from '../catalogue/definition.ts'
import type { ProblemCode } from '../catalogue/index.ts'
import { dataUrlMistake } from '../data-url-grammar.ts'
import { type ParsedUrl, parseUrl, queryValue } from '../url.ts'

/** The scheme of a URL in lower case, or undefined if it has none. */
export function scheme(source: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase()
}

export type SourceMistake = { readonly code: ProblemCode; readonly details?: Details }

/** What is wrong with a source in a minor version, or undefined. An empty one stands for nothing. */
export function sourceMistake(source: string, minor: number): SourceMistake | undefined {
  if (source === '') return undefined
  const url = parseUrl(source)
  if (url === undefined) return { code: 'IGNITION_SOURCE_URL' }
  const known = Object.keys(schemes).filter((name) => (schemes[name] ?? 0) <= minor)
  if (!known.includes(url.scheme))
    return { code: 'IGNITION_SOURCE_SCHEME', details: { schemes: known.join(', ') } }
  if (url.scheme === 'data') return dataMistake(source)
  const code = objectMistake(url)
  return code === undefined ? undefined : { code }
}

/** Each scheme with the minor version that brought it. */
const schemes: Readonly<Record<string, number>> = {
  http: 0,
  https: 0,
  tftp: 0,
  data: 0,
  s3: 0,
  gs: 2,
  arn: 4,
}

function dataMistake(source: string): SourceMistake | undefined {
  const mistake = dataUrlMistake(source)
  return mistake === undefined ? undefined : { code: 'IGNITION_DATA_URL', details: { mistake } }
}

function objectMistake(url: ParsedUrl): ProblemCode | undefined {
  if (url.scheme !== 's3' && url.scheme !== 'arn') return undefined
  if (url.scheme === 'arn' && !isObjectArn(`arn:${url.opaque}`)) return 'IGNITION_S3_ARN'
  return queryValue(url.query, 'versionId') === '' ? 'IGNITION_S3_VERSION' : undefined
}

/** arn:partition:s3:region:account:resource, where the resource names more than a bucket. */
function isObjectArn(arn: string): boolean {
  const [, , service, , , ...resource] = arn.split(':')
  if (service !== 's3' || resource.length === 0) return false
  const slashes = arn.split('/').length - 1
  return slashes >= (resource.join(':').startsWith('accesspoint/') ? 2 : 1)
}
