import { createPublicKey, verify } from 'node:crypto'
import { jsonIfAny, valueAt } from '../json/value.ts'
import type { Point } from './curve.ts'
import { fromBase64url, jwkOf } from './jwk.ts'

/** One signature over a payload (RFC 7515), as it was written. */
export type Signature = { readonly protected: string; readonly signature: string }

export type Signed = { readonly payload: string; readonly signatures: readonly Signature[] }

/** Reads either JSON form of a signed text (RFC 7515, 7.2); undefined for what is none. */
export function readSigned(value: unknown): Signed | undefined {
  const payload = valueAt(value, 'payload')
  const list = valueAt(value, 'signatures') ?? [value]
  if (typeof payload !== 'string' || !Array.isArray(list)) return undefined
  const signatures = list.flatMap((each: unknown): Signature[] => {
    const [header, signature] = [valueAt(each, 'protected'), valueAt(each, 'signature')]
    return typeof header === 'string' && typeof signature === 'string'
      ? [{ protected: header, signature }]
      : []
  })
  return { payload, signatures }
}

/** The hash of each curve (RFC 7518, 3.4); others are not used with it. */
const algorithms: Readonly<Record<string, readonly [algorithm: string, hash: string]>> = {
  'P-256': ['ES256', 'sha256'],
  'P-384': ['ES384', 'sha384'],
  'P-521': ['ES512', 'sha512'],
}

/** Whether one of the signatures is by this key. */
export function isSignedBy({ payload, signatures }: Signed, point: Point): boolean {
  const [algorithm, hash] = algorithms[point.curve.name] ?? []
  const key = createPublicKey({ key: { ...jwkOf(point) }, format: 'jwk' })
  return signatures.some((each) => {
    const header = jsonIfAny(fromBase64url(each.protected)?.toString() ?? '')
    const signature = fromBase64url(each.signature)
    // What must be understood (crit) is not understood here.
    if (valueAt(header, 'alg') !== algorithm || valueAt(header, 'crit') !== undefined) return false
    const signed = Buffer.from(`${each.protected}.${payload}`)
    return (
      signature !== undefined && verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
    )
  })
}
