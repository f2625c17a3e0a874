import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'

/** A key that signatures are checked against. */
export type PublicKey = {
  /** SHA-256 of its SubjectPublicKeyInfo, as hexadecimal digits. */
  readonly fingerprint: string
  readonly key: KeyObject
}

const leastRsaBits = 2048

/**
 * Reads a key as `cosign public-key` writes it: PEM of ECDSA on P-256, Ed25519, or RSA. Throws a RangeError
 * for other kinds, and for what is no key.
 */
export function readPublicKey(pem: string): PublicKey {
  const key = parsed(pem)
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const isKnown =
    type === 'ed25519' ||
    (type === 'ec' && details?.namedCurve === 'prime256v1') ||
    (type === 'rsa' && (details?.modulusLength ?? 0) >= leastRsaBits)
  if (!isKnown)
    throw new RangeError(
      `it is neither ECDSA on P-256, Ed25519, nor RSA of at least ${leastRsaBits} bits`,
    )
  const bytes = key.export({ type: 'spki', format: 'der' })
  return { key, fingerprint: createHash('sha256').update(bytes).digest('hex') }
}

/** Whether a key made a signature of some bytes: ECDSA in DER and RSA in PKCS #1 v1.5 over SHA-256, or Ed25519. */
export function isSignedBy({ key }: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  const hash = key.asymmetricKeyType === 'ed25519' ? undefined : 'sha256'
  return verify(hash, bytes, key, signature)
}

/** A private key would do for Node, and has no place on a host. */
function parsed(pem: string): KeyObject {
  if (!/^-----BEGIN (?:RSA )?PUBLIC KEY-----$/m.test(pem))
    throw new RangeError('it is no public key in PEM')
  try {
    return createPublicKey(pem)
  } catch (error) {
    throw new RangeError('it is no public key in PEM', { cause: error })
  }
}
