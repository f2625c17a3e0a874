import type { Report } from '../check.ts'
import type { Resource } from '../config.ts'
import { decodeDataUrl } from '../data-url.ts'
import type { Path } from '../problem.ts'
import type { Draft } from '../shape.ts'

/** Source, compression, verification and headers of something to fetch. */
export function checkResource(
  resource: Draft<Resource>,
  path: Path,
  minor: number,
  report: Report,
): void {
  const { source, compression, verification, httpHeaders = [] } = resource
  if (source !== undefined) checkSource(source, [...path, 'source'], minor, report)
  if (compression !== undefined && compression !== '' && compression !== 'gzip')
    report('error', [...path, 'compression'], 'unknown compression', '"gzip" or null')
  checkHash(verification?.hash, source, [...path, 'verification', 'hash'], minor, report)
  if (httpHeaders.length > 0 && !['http', 'https'].includes(scheme(source ?? '') ?? ''))
    report(
      'error',
      [...path, 'httpHeaders'],
      'headers without an HTTP source',
      'an http or https source',
    )
  httpHeaders.forEach((header, index) => {
    const here = [...path, 'httpHeaders', index]
    if (header?.name === '')
      report('error', [...here, 'name'], 'the name is empty', 'a header name')
    if (header?.value === '')
      report('error', [...here, 'value'], 'the value is empty', 'a header value, or null')
  })
}

/** The scheme of a URL in lower case, or undefined if it has none. */
export function scheme(source: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase()
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

function checkSource(source: string, path: Path, minor: number, report: Report): void {
  // An empty source stands for empty contents.
  if (source === '') return
  const known = Object.keys(schemes).filter((name) => (schemes[name] ?? 0) <= minor)
  const used = scheme(source)
  if (used === undefined || !known.includes(used)) {
    report('error', path, 'the source is no URL of a known scheme', `one of ${known.join(', ')}`)
    return
  }
  if (used === 'data') {
    const { mistake } = decodeDataUrl(source)
    if (mistake !== undefined)
      report('error', path, mistake, 'data:[type][;base64],data with percent-encoding')
  } else if (used !== 'arn' && !URL.canParse(source))
    report('error', path, 'the source cannot be parsed', `a URL such as ${used}://host/path`)
}

const hexDigits: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 }

function checkHash(
  hash: string | undefined,
  source: string | undefined,
  path: Path,
  minor: number,
  report: Report,
): void {
  if (hash === undefined) return
  const functions = minor === 0 ? ['sha512'] : Object.keys(hexDigits)
  const [name = '', sum] = hash.split(/-(.*)/s)
  const digits = hexDigits[name] ?? 0
  const expected = functions
    .map((each) => `${each}- and ${hexDigits[each]} hex digits`)
    .join(', or ')
  if (sum === undefined || !functions.includes(name))
    report('error', path, 'the hash function is not known', expected)
  else if (sum.length !== digits)
    report('error', path, `the hash has ${sum.length} digits`, expected)
  else if (!/^[0-9a-fA-F]*$/.test(sum))
    report('error', path, 'the hash has characters that are not hex digits', expected)
  if (source === undefined)
    report('error', path, 'there is nothing to verify', 'a source beside it')
}
