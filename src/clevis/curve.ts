import { createECDH, ECDH } from 'node:crypto'

/** A point of one of NIST's curves, other than the one at infinity. */
export type Point = { readonly curve: Curve; readonly x: bigint; readonly y: bigint }

/** y² = x³ − 3x + b over the integers modulo a prime; every point but infinity is of the large order. */
export type Curve = {
  /** As JSON Web Keys name it. */
  readonly name: string
  readonly openssl: string
  readonly prime: bigint
  readonly coordinateBytes: number
}

const curves: readonly Curve[] = [
  {
    ...{ name: 'P-256', openssl: 'prime256v1', coordinateBytes: 32 },
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  },
  {
    ...{ name: 'P-384', openssl: 'secp384r1', coordinateBytes: 48 },
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  },
  { name: 'P-521', openssl: 'secp521r1', coordinateBytes: 66, prime: 2n ** 521n - 1n },
]

export function curveNamed(name: unknown): Curve | undefined {
  return curves.find((each) => each.name === name)
}

/** The point of these coordinates; undefined where they are none of the curve's. */
export function pointOf(curve: Curve, x: Uint8Array, y: Uint8Array): Point | undefined {
  const { coordinateBytes } = curve
  if (x.length !== coordinateBytes || y.length !== coordinateBytes) return undefined
  return decode(curve, Buffer.concat([Buffer.of(4), x, y]))
}

export function coordinates({ curve, x, y }: Point): readonly [x: Buffer, y: Buffer] {
  return [bytesOf(x, curve), bytesOf(y, curve)]
}

/** A key of one exchange: the point that others may see, and what multiplies theirs. */
export type EphemeralKey = {
  readonly point: Point
  /** The x coordinate of the product, which is all that ECDH gives. */
  multiply(point: Point): Buffer
}

/** The multiplication is OpenSSL's, whose time does not depend on the key. */
export function generateKey(curve: Curve): EphemeralKey {
  const ecdh = createECDH(curve.openssl)
  const point = decode(curve, ecdh.generateKeys())
  if (point === undefined) throw new RangeError(`OpenSSL made no point of ${curve.name}`)
  return { point, multiply: (other) => ecdh.computeSecret(encode(other)) }
}

/** The two points of an x coordinate, of which one is the other's negative. */
export function pointsAt(curve: Curve, x: Buffer): Point[] {
  return [2, 3].flatMap((sign) => decode(curve, Buffer.concat([Buffer.of(sign), x])) ?? [])
}

/** The sum; undefined where it is the point at infinity. */
export function add(first: Point, second: Point): Point | undefined {
  const { curve, x, y } = first
  const { prime } = curve
  if (curve !== second.curve) throw new RangeError('points of different curves have no sum')
  if (x === second.x && y !== second.y) return undefined
  const slope =
    x === second.x
      ? 3n * (x * x - 1n) * inverse(2n * y, prime)
      : (second.y - y) * inverse(second.x - x, prime)
  const sum = modulo(slope * slope - x - second.x, prime)
  return { curve, x: sum, y: modulo(slope * (x - sum) - y, prime) }
}

/** OpenSSL refuses what is not on the curve, also where it only changes how a point is written. */
function decode(curve: Curve, bytes: Buffer): Point | undefined {
  try {
    const point = ECDH.convertKey(bytes, curve.openssl, undefined, undefined, 'uncompressed')
    const hex = Buffer.from(point).toString('hex').slice(2)
    const [x, y] = [hex.slice(0, hex.length / 2), hex.slice(hex.length / 2)]
    return { curve, x: BigInt(`0x${x}`), y: BigInt(`0x${y}`) }
  } catch {
    return undefined
  }
}

function encode(point: Point): Buffer {
  return Buffer.concat([Buffer.of(4), ...coordinates(point)])
}

function bytesOf(value: bigint, { coordinateBytes }: Curve): Buffer {
  return Buffer.from(value.toString(16).padStart(coordinateBytes * 2, '0'), 'hex')
}

export function modulo(value: bigint, prime: bigint): bigint {
  const rest = value % prime
  return rest < 0n ? rest + prime : rest
}

/** By Euclid's algorithm; throws RangeError for what has none. */
export function inverse(value: bigint, prime: bigint): bigint {
  let [rest, next] = [prime, modulo(value, prime)]
  let [factor, nextFactor] = [0n, 1n]
  while (next !== 0n) {
    const quotient = rest / next
    ;[rest, next] = [next, rest - quotient * next]
    ;[factor, nextFactor] = [nextFactor, factor - quotient * nextFactor]
  }
  if (rest !== 1n) throw new RangeError('no inverse')
  return modulo(factor, prime)
}
