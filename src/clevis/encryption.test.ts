import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compact, decrypt, deriveKey, encrypt, flattened, readEncrypted } from './encryption.ts'

/** RFC 7516, A.1: the part of it that follows once the key of the content is known. */
const contentKey = Buffer.from([
  ...[177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246],
  ...[138, 7, 110, 91, 112, 46, 34, 105, 47, 130, 203, 46, 122, 234, 64, 252],
])
const iv = Buffer.from([227, 197, 117, 252, 2, 219, 233, 68, 180, 225, 77, 219])
const sentence = 'The true sign of intelligence is not knowledge but imagination.'
const header = { alg: 'RSA-OAEP', enc: 'A256GCM' }

test('content is encrypted as in the example of RFC 7516', () => {
  const encrypted = encrypt(Buffer.from(sentence), contentKey, header, iv)
  assert.equal(
    compact(encrypted),
    [
      'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ',
      '',
      '48V1_ALb6US04U3b',
      '5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A',
      'XFBoMYUZodetZdvTiFvSkQ',
    ].join('.'),
  )
})

test('both forms are read back, and what was changed does not open', () => {
  const encrypted = encrypt(Buffer.from(sentence), contentKey, header)
  for (const form of [compact(encrypted), flattened(encrypted)]) {
    const read = readEncrypted(form)
    assert.deepEqual(read, encrypted)
    assert.ok(read)
    assert.equal(decrypt(read, contentKey)?.toString(), sentence)
    assert.equal(decrypt(read, Buffer.alloc(32)), undefined)
    assert.equal(decrypt({ ...read, protected: 'e30' }, contentKey), undefined)
    assert.equal(decrypt({ ...read, tag: Buffer.alloc(16) }, contentKey), undefined)
  }
})

test('what is no such text is told apart', () => {
  const text = compact(encrypt(Buffer.from('x'), contentKey, header))
  const other = compact(encrypt(Buffer.from('x'), contentKey, { ...header, enc: 'A128CBC-HS256' }))
  const wrapped = text.replace('..', '.AAAA.')
  const shortTag = text.slice(0, -4)
  for (const value of ['', 'a.b', other, wrapped, shortTag, `${text}.`, null, 7, {}, { iv: 'x' }])
    assert.equal(readEncrypted(value), undefined, JSON.stringify(value))
})

test('a key is derived as in the example of RFC 7518, C', () => {
  const secret = Buffer.from([
    ...[158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156],
    ...[251, 49, 110, 163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196],
  ])
  const derived = deriveKey(secret, 'A128GCM', { bytes: 16, apu: 'Alice', apv: 'Bob' })
  assert.equal(derived.toString('base64url'), 'VqqN6vgjbSBcIijNcacQGg')
})
