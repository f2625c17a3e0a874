import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { Key, Signature } from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'

/** An ed25519 key that signs, and what metadata says of it. */
export type SigningKey = { readonly key: Key; readonly privateKey: KeyObject }

export function generateKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey)
}

/** PKCS#8 as PEM; encrypted when there is a passphrase. */
export function encodeKey({ privateKey }: SigningKey, passphrase: string | undefined): string {
  const format = { type: 'pkcs8', format: 'pem' } as const
  const encoded =
    passphrase === undefined
      ? privateKey.export(format)
      : privateKey.export({ ...format, cipher: 'aes-256-cbc', passphrase })
  return encoded.toString()
}

/**
 * Reads what `encodeKey` wrote; `file` names it in errors, which tell nothing of its content.
 *
 * @throws SLIPWAY_RELEASE_PASSPHRASE_NEEDED, SLIPWAY_RELEASE_PASSPHRASE_WRONG, SLIPWAY_RELEASE_KEY_INVALID
 */
export function decodeKey(pem: string, file: string, passphrase: string | undefined): SigningKey {
  const encrypted = pem.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----')
  if (encrypted && passphrase === undefined)
    throw releaseErrors.error('SLIPWAY_RELEASE_PASSPHRASE_NEEDED', { file })
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) })
  } catch (error) {
    if (encrypted) throw releaseErrors.error('SLIPWAY_RELEASE_PASSPHRASE_WRONG', { file }, error)
    const reason = 'it is no private key in PEM'
    throw releaseErrors.error('SLIPWAY_RELEASE_KEY_INVALID', { file, reason }, error)
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    const reason = `it is of type ${privateKey.asymmetricKeyType}, not ed25519`
    throw releaseErrors.error('SLIPWAY_RELEASE_KEY_INVALID', { file, reason })
  }
  return signingKey(privateKey)
}

/** Makes one signature, in the form that `Metadata.sign` asks for. */
export function signatureBy({ key, privateKey }: SigningKey): (bytes: Buffer) => Signature {
  return (bytes) =>
    new Signature({ keyID: key.keyID, sig: sign(undefined, bytes, privateKey).toString('hex') })
}

function signingKey(privateKey: KeyObject): SigningKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const keyVal = { public: Buffer.from(x, 'base64url').toString('hex') }
  const scheme = 'ed25519'
  const keyID = createHash('sha256')
    // Canonical JSON: names in order, no spaces (TUF specification, section 4.2).
    .update(JSON.stringify({ keytype: scheme, keyval: keyVal, scheme }))
    .digest('hex')
  return { key: new Key({ keyID, keyType: scheme, scheme, keyVal }), privateKey }
}
