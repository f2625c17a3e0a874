import { createHash } from 'node:crypto'
import { type JsonObject, valueAt } from '../json/value.ts'
import { coordinates, curveNamed, type Point, pointOf } from './curve.ts'

/** A public key of an elliptic curve as JSON (RFC 7517), without what is private or only informs. */
export type EcJwk = {
  readonly kty: 'EC'
  readonly crv: string
  readonly x: string
  readonly y: string
}

export function jwkOf(point: Point): EcJwk {
  const [x, y] = coordinates(point).map((each) => each.toString('base64url'))
  return { kty: 'EC', crv: point.curve.name, x: x ?? '', y: y ?? '' }
}

/** The point of a key; undefined for other kinds of keys, and for what is not on its curve. */
export function pointOfJwk(key: unknown): Point | undefined {
  const curve = curveNamed(valueAt(key, 'crv'))
  const [x, y] = ['x', 'y'].map((name) => bytesAt(key, name))
  if (valueAt(key, 'kty') !== 'EC' || curve === undefined || !x || !y) return undefined
  return pointOf(curve, x, y)
}

/** Whether a key is meant for an operation of RFC 7517, 4.3. */
export function allows(key: JsonObject, operation: 'verify' | 'deriveKey'): boolean {
  const operations = key.key_ops
  return Array.isArray(operations) && operations.includes(operation)
}

/** How tang servers and their clients name a key (RFC 7638); SHA-1 is what older ones used. */
export function thumbprint(point: Point, hash: 'sha256' | 'sha1' = 'sha256'): string {
  const { crv, kty, x, y } = jwkOf(point)
  return createHash(hash).update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

/** Whether a thumbprint, of either hash, is that of a key. */
export function isThumbprintOf(name: string, point: Point): boolean {
  return name === thumbprint(point) || name === thumbprint(point, 'sha1')
}

function bytesAt(key: unknown, name: string): Buffer | undefined {
  const text = valueAt(key, name)
  return typeof text === 'string' ? fromBase64url(text) : undefined
}

/** Undefined for what is not written as RFC 7515 has it: without padding, in the one way that there is. */
export function fromBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
