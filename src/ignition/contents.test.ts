import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { readContents } from './contents.ts'

const text = 'hello\n'
const source = `data:,${encodeURIComponent(text)}`
const packed = (data: Buffer) => `data:;base64,${data.toString('base64')}`
const hashOf = (name: string) => `${name}-${createHash(name).update(text).digest('hex')}`

for (const hash of [
  hashOf('sha256'),
  hashOf('sha512'),
  hashOf('sha256').replace(/[a-f]/g, (digit) => digit.toUpperCase()),
])
  test(`verifies the decompressed bytes against ${hash.slice(0, 12)}…`, () => {
    const verification = { hash }
    assert.equal(readContents({ source, verification }).data?.toString(), text)
    const compressed = { source: packed(gzipSync(text)), compression: 'gzip', verification }
    assert.equal(readContents(compressed).data?.toString(), text)
    assert.equal(readContents({ source: 'data:,other', verification }).part, 'verification')
  })

test('joins the members of a gzip file, and refuses one that is damaged or cut', () => {
  const two = Buffer.concat([gzipSync('a'), gzipSync('b')])
  assert.equal(readContents({ source: packed(two), compression: 'gzip' }).data?.toString(), 'ab')
  for (const data of [gzipSync(text).subarray(0, -3), Buffer.from('plain')])
    assert.equal(readContents({ source: packed(data), compression: 'gzip' }).part, 'compression')
})

test('an empty source is an empty file, whatever its compression', () => {
  assert.equal(readContents({ source: '' }).data?.length, 0)
  assert.equal(readContents({ source: '', compression: 'gzip' }).data?.length, 0)
  assert.equal(readContents({}).data?.length, 0)
})

test('refuses what decompresses beyond the limit', () => {
  const bomb = { source: packed(gzipSync(Buffer.alloc(1001))), compression: 'gzip' }
  assert.equal(readContents(bomb, 1000).part, 'compression')
  assert.equal(readContents(bomb, 1001).data?.length, 1001)
})
