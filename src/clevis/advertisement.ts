import { clevisErrors } from '../errors/clevis.ts'
import { type JsonObject, jsonIfAny, valueAt } from '../json/value.ts'
import type { Point } from './curve.ts'
import { allows, fromBase64url, isThumbprintOf, pointOfJwk, thumbprint } from './jwk.ts'
import { isSignedBy, readSigned } from './signature.ts'

/** What a tang server says of itself, once it is known to be that server. */
export type Advertisement = {
  /** The keys as they were advertised; clevis keeps them beside what it encrypts. */
  readonly keys: JsonObject
  /** The key that secrets are encrypted to. */
  readonly exchangeKey: Point
}

/**
 * Reads a tang server's advertisement. All keys of it that sign must have signed it, and one of them is the
 * one of the thumbprint, as clevis has it.
 * @param url how the server is named in errors
 * @throws SLIPWAY_TANG_ADVERTISEMENT, SLIPWAY_TANG_THUMBPRINT
 */
export function readAdvertisement(text: string, url: string, trusted: string): Advertisement {
  const refuse = (reason: string) =>
    clevisErrors.error('SLIPWAY_TANG_ADVERTISEMENT', { url, reason })
  const signed = readSigned(jsonIfAny(text))
  if (signed === undefined) throw refuse('it is no signed JSON')
  const set = jsonIfAny(fromBase64url(signed.payload)?.toString() ?? '')
  const keys = valueAt(set, 'keys')
  if (!Array.isArray(keys)) throw refuse('it has no keys')
  const pointsFor = (operation: 'verify' | 'deriveKey') =>
    keys
      .filter((key: JsonObject | null) => key !== null && allows(key, operation))
      .map((key: JsonObject) => {
        const point = pointOfJwk(key)
        if (point === undefined) throw refuse('one of its keys is not on P-256, P-384 or P-521')
        return point
      })
  const signing = pointsFor('verify')
  const [exchangeKey] = pointsFor('deriveKey')
  if (signing.length === 0) throw refuse('it has no key that signs')
  if (exchangeKey === undefined) throw refuse('it has no key to encrypt to')
  if (!signing.every((point) => isSignedBy(signed, point)))
    throw refuse('it is not signed by the keys in it')
  if (!signing.some((point) => isThumbprintOf(trusted, point))) {
    const advertised = signing.map((point) => thumbprint(point)).join(', ')
    throw clevisErrors.error('SLIPWAY_TANG_THUMBPRINT', { url, thumbprint: trusted, advertised })
  }
  // What was read above is an object with keys.
  return { keys: { keys }, exchangeKey }
}
