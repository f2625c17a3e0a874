import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, it } from 'node:test'
import { isSignedBy, readPublicKey } from './public-key.ts'
import { signatureOf } from './testing/cosign.ts'

const pairs = {
  'ECDSA on P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  Ed25519: generateKeyPairSync('ed25519'),
  'RSA of 2048 bits': generateKeyPairSync('rsa', { modulusLength: 2048 }),
}

const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

describe('a public key', () => {
  for (const [kind, { publicKey, privateKey }] of Object.entries(pairs))
    it(`of ${kind} knows what its private key signed, and nothing else`, () => {
      const key = readPublicKey(pem(publicKey))
      const bytes = Buffer.from('some bytes')
      const signature = signatureOf(privateKey, bytes)
      assert.ok(isSignedBy(key, bytes, signature))
      assert.ok(!isSignedBy(key, Buffer.from('other bytes'), signature))
      assert.ok(!isSignedBy(key, bytes, signature.subarray(1)))
      assert.ok(!isSignedBy(key, bytes, Buffer.alloc(0)))
      for (const [other, { publicKey: theirs }] of Object.entries(pairs))
        if (other !== kind) assert.ok(!isSignedBy(readPublicKey(pem(theirs)), bytes, signature))
    })

  it('is refused when it is of another kind, too small, private, or no key', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
    const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
    for (const key of [weak, otherCurve])
      assert.throws(() => readPublicKey(pem(key)), /neither ECDSA on P-256, Ed25519, nor RSA/)
    const { privateKey } = pairs.Ed25519
    const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const broken = pem(pairs.Ed25519.publicKey).replace(/\n.{10}/, '\n')
    for (const text of [secret, broken, '', 'ssh-ed25519 AAAA'])
      assert.throws(() => readPublicKey(text), /it is no public key in PEM/)
  })
})
