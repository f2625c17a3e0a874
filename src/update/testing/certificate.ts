import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

export type TestCertificate = {
  /** PEM. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** The common name is the address unless told. */
  readonly issue: (address: string, commonName?: string) => TestCertificate
}

/** A certificate authority (X.509 v3, P-256) that issues certificates for IPv4 addresses and names. */
export function testAuthority(name: string): TestCertificate {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return make(name, name, keys, keys.privateKey, [
    extension('551d13', true, sequence(tagged(0x01, Buffer.from([0xff])))),
  ])
}

function make(
  subject: string,
  issuer: string,
  keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  signer: KeyObject,
  extensions: readonly Buffer[],
): TestCertificate {
  const algorithm = sequence(identifier('2a8648ce3d040302'))
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1, ...randomBytes(8)])),
    algorithm,
    distinguishedName(issuer),
    sequence(time('000101000000Z'), time('491231235959Z')),
    distinguishedName(subject),
    keys.publicKey.export({ format: 'der', type: 'spki' }),
    tagged(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', content, signer)
  const der = sequence(content, algorithm, tagged(0x03, Buffer.from([0]), signature))
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    issue: (address, commonName = address) => {
      const name = isIPv4(address)
        ? tagged(0x87, Buffer.from(address.split('.').map(Number)))
        : tagged(0x82, Buffer.from(address))
      const names = sequence(name)
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return make(commonName, subject, own, keys.privateKey, [extension('551d11', false, names)])
    },
  }
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(
    identifier(oid),
    ...(critical ? [tagged(0x01, Buffer.from([0xff]))] : []),
    tagged(0x04, value),
  )
}

function distinguishedName(commonName: string): Buffer {
  const name = tagged(0x0c, Buffer.from(commonName))
  return sequence(tagged(0x31, sequence(identifier('550403'), name)))
}

function time(text: string): Buffer {
  return tagged(0x17, Buffer.from(text))
}

function identifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts)
}

/** One value in DER (X.690): tag, length, content. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size =
    length < 128
      ? [length]
      : length < 256
        ? [0x81, length]
        : [0x82, Math.floor(length / 256), length % 256]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
