import { generatePrimeSync, randomBytes } from 'node:crypto'
import { clevisErrors } from '../errors/clevis.ts'
import { valueAt } from '../json/value.ts'
import { inverse, modulo } from './curve.ts'
import { compact, decrypt, type Encrypted, encrypt, readEncrypted } from './encryption.ts'
import { fromBase64url } from './jwk.ts'

const keyBytes = 32

/**
 * Encrypts a secret so that `threshold` of those who hold a share get it back (Shamir), as clevis' pin "sss" does: the
 * key is what a polynomial is at 0, and a share is another point of it.
 */
export async function encryptToSeveral(
  secret: Uint8Array,
  threshold: number,
  seals: readonly ((share: Buffer) => Encrypted | Promise<Encrypted>)[],
): Promise<Encrypted> {
  const prime = generatePrimeSync(keyBytes * 8, { bigint: true })
  const coefficients = Array.from({ length: threshold }, () => below(prime))
  const encrypted = seals.map(async (seal) => {
    const x = below(prime)
    const y = coefficients.reduceRight((sum, each) => modulo(sum * x + each, prime), 0n)
    return compact(await seal(Buffer.concat([bytesOf(x), bytesOf(y)])))
  })
  const jwe = await Promise.all(encrypted)
  const sss = { jwe, p: bytesOf(prime).toString('base64url'), t: threshold }
  const header = { alg: 'dir', clevis: { pin: 'sss', sss }, enc: 'A256GCM' }
  return encrypt(secret, bytesOf(coefficients[0] ?? 0n), header)
}

/** What a secret of several holders is made of. */
export type Shared = {
  readonly threshold: number
  readonly prime: bigint
  readonly shares: readonly Encrypted[]
}

/** Reads what clevis or `encryptToSeveral` wrote. Throws SLIPWAY_CLEVIS_SECRET for what has not all of it. */
export function readShared({ header }: Encrypted): Shared {
  const field = (name: string) => valueAt(header, 'clevis', 'sss', name)
  const [threshold, p, jwe] = ['t', 'p', 'jwe'].map(field)
  const prime = typeof p === 'string' ? fromBase64url(p) : undefined
  const shares = (Array.isArray(jwe) ? jwe : []).map(readEncrypted)
  const isWhole = shares.every((each) => each !== undefined)
  if (typeof threshold !== 'number' || prime?.length !== keyBytes || !isWhole || threshold < 1)
    throw clevisErrors.error('SLIPWAY_CLEVIS_SECRET', { reason: 'its shares are not whole' })
  return { threshold, prime: numberOf(prime), shares }
}

/** The secret, from as many shares as it takes; undefined where they do not belong to it. */
export function combine(
  encrypted: Encrypted,
  { prime }: Shared,
  shares: readonly Buffer[],
): Buffer | undefined {
  const points = shares.map((share) => ({
    x: numberOf(share.subarray(0, keyBytes)),
    y: numberOf(share.subarray(keyBytes)),
  }))
  const key = points.reduce((sum, { x, y }) => {
    const others = points.filter((other) => other.x !== x)
    const above = others.reduce((product, other) => modulo(product * -other.x, prime), y)
    const under = others.reduce((product, other) => modulo(product * (x - other.x), prime), 1n)
    return modulo(sum + above * inverse(under, prime), prime)
  }, 0n)
  return decrypt(encrypted, bytesOf(key))
}

/** A random number below a prime, each as likely as the others. */
function below(prime: bigint): bigint {
  for (;;) {
    const number = numberOf(randomBytes(keyBytes))
    if (number > 0n && number < prime) return number
  }
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
}

function bytesOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(keyBytes * 2, '0'), 'hex')
}
