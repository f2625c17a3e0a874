import type { Resource } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { scheme, sourceMistake } from './source.ts'

/** Source, compression, verification and headers of something to fetch. */
export function checkResource(
  resource: Draft<Resource>,
  path: Path,
  minor: number,
  report: Report,
): void {
  const { source, compression, verification, httpHeaders = [] } = resource
  const mistake = source === undefined ? undefined : sourceMistake(source, minor)
  if (mistake !== undefined) report(mistake.code, [...path, 'source'], mistake.details)
  if (compression !== undefined && compression !== '' && compression !== 'gzip')
    report('IGNITION_COMPRESSION', [...path, 'compression'])
  checkHash(verification?.hash, [...path, 'verification', 'hash'], minor, report)
  // 3.0.0 had no such rule for configs.
  const sourceExpected = minor > 0 || path[0] !== 'ignition'
  if (verification?.hash !== undefined && source === undefined && sourceExpected)
    report('IGNITION_VERIFICATION_WITHOUT_SOURCE', [...path, 'verification', 'hash'])
  if (httpHeaders.length > 0 && !['http', 'https'].includes(scheme(source ?? '') ?? ''))
    report('IGNITION_HEADERS_SCHEME', [...path, 'httpHeaders'])
  httpHeaders.forEach((header, index) => {
    const here = [...path, 'httpHeaders', index]
    if (header?.name === '') report('IGNITION_HEADER_NAME', [...here, 'name'])
    if (header?.value === '') report('IGNITION_HEADER_VALUE', [...here, 'value'])
  })
}

const hexDigits: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 }

function checkHash(hash: string | undefined, path: Path, minor: number, report: Report): void {
  if (hash === undefined) return
  const known = minor === 0 ? ['sha512'] : Object.keys(hexDigits)
  const functions = known.map((name) => `${name}- and ${hexDigits[name]} hex digits`).join(', or ')
  const [name = '', sum] = hash.split(/-(.*)/s)
  if (sum === undefined) report('IGNITION_HASH_MALFORMED', path, { functions })
  else if (!known.includes(name)) report('IGNITION_HASH_FUNCTION', path, { functions })
  else if (sum.length !== hexDigits[name])
    report('IGNITION_HASH_LENGTH', path, { digits: sum.length, functions })
  else if (!/^[0-9a-fA-F]*$/.test(sum)) report('IGNITION_HASH_DIGITS', path, { functions })
}
