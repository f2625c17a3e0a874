import assert from 'node:assert/strict'
import { test } from 'node:test'
import { derivedUuid, slotUuids } from './identifiers.ts'

const seed = '8b0fc6b8-9f3c-4d1e-8a57-0d2f1c6e5b90'

test('a UUID follows from seed and name alone', () => {
  assert.equal(derivedUuid(seed, 'usr'), derivedUuid(seed, 'usr'))
  const all = [derivedUuid(seed, 'usr'), derivedUuid(seed, 'esp'), derivedUuid(`${seed}x`, 'usr')]
  assert.equal(new Set(all).size, 3)
})

test('it is of version 8 and RFC 9562’s variant', () => {
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
    assert.match(
      derivedUuid(seed, name),
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
})

test('a slot’s UUIDs are the halves of its root hash', () => {
  const hash = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
  assert.deepEqual(slotUuids(hash), {
    data: '00010203-0405-0607-0809-0a0b0c0d0e0f',
    verity: '10111213-1415-1617-1819-1a1b1c1d1e1f',
  })
})
