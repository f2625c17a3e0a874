import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { type JsonObject, jsonIfAny, valueAt } from '../json/value.ts'
import { fromBase64url } from './jwk.ts'

/** An encrypted text (RFC 7516) of the only kind that clevis writes: the key of the content is not in it. */
export type Encrypted = {
  /** The protected header, as it was written: the content is bound to it. */
  readonly protected: string
  readonly header: JsonObject
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

const tagBytes = 16
/** Of a key of A256GCM. */
export const keyBytes = 32

/** Encrypts with AES-256 in Galois/Counter Mode (RFC 7518, 5.3). */
export function encrypt(
  plaintext: Uint8Array,
  key: Uint8Array,
  header: JsonObject,
  iv = randomBytes(12),
): Encrypted {
  const text = Buffer.from(JSON.stringify(header)).toString('base64url')
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(text))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return { protected: text, header, iv, ciphertext, tag: cipher.getAuthTag() }
}

/** The content; undefined where the key is another one, or something was changed. */
export function decrypt(
  { protected: header, iv, ciphertext, tag }: Encrypted,
  key: Uint8Array,
): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(header)).setAuthTag(tag)
  const plaintext = decipher.update(ciphertext)
  try {
    return Buffer.concat([plaintext, decipher.final()])
  } catch {
    return undefined
  }
}

/** The key that two sides of ECDH-ES derive from their shared secret (RFC 7518, 4.6.2); one round of the hash. */
export function deriveKey(
  secret: Uint8Array,
  algorithm = 'A256GCM',
  { bytes = keyBytes, apu = '', apv = '' } = {},
): Buffer {
  const number = (value: number) => {
    const field = Buffer.alloc(4)
    field.writeUInt32BE(value)
    return field
  }
  const sized = (text: string) => [number(Buffer.byteLength(text)), Buffer.from(text)]
  const information = [...sized(algorithm), ...sized(apu), ...sized(apv), number(bytes * 8)]
  const digest = createHash('sha256').update(Buffer.concat([number(1), secret, ...information]))
  return digest.digest().subarray(0, bytes)
}

/** The form of one line (RFC 7516, 7.1). */
export function compact({ protected: header, iv, ciphertext, tag }: Encrypted): string {
  return [header, '', ...[iv, ciphertext, tag].map((each) => each.toString('base64url'))].join('.')
}

/** The form of an object (RFC 7516, 7.2.2), which tokens of LUKS2 have. */
export function flattened({ protected: header, iv, ciphertext, tag }: Encrypted): JsonObject {
  return {
    ciphertext: ciphertext.toString('base64url'),
    encrypted_key: '',
    iv: iv.toString('base64url'),
    protected: header,
    tag: tag.toString('base64url'),
  }
}

/** Reads either form; undefined for what is no encrypted text of this kind. */
export function readEncrypted(value: unknown): Encrypted | undefined {
  const fields =
    typeof value === 'string'
      ? value.split('.')
      : ['protected', 'encrypted_key', 'iv', 'ciphertext', 'tag'].map(
          (name) => valueAt(value, name) ?? '',
        )
  const [text, wrapped, ...parts] = fields
  if (fields.length !== 5 || typeof text !== 'string' || wrapped !== '') return undefined
  const header = jsonIfAny(fromBase64url(text)?.toString() ?? '')
  const [iv, ciphertext, tag] = parts.map((part) =>
    typeof part === 'string' ? fromBase64url(part) : undefined,
  )
  if (valueAt(header, 'enc') !== 'A256GCM' || iv?.length !== 12 || tag?.length !== tagBytes)
    return undefined
  if (ciphertext === undefined) return undefined
  return { protected: text, header: header as JsonObject, iv, ciphertext, tag }
}
