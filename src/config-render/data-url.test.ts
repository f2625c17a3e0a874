import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { inlineData } from './data-url.ts'

test('the shortest of escaped, base64 and compressed is taken', () => {
  assert.deepEqual(inlineData(Buffer.from('xyzzy')), { source: 'data:,xyzzy', compression: '' })
  assert.deepEqual(inlineData(Buffer.from([0, 1, 2, 255, 254, 253])), {
    source: 'data:;base64,AAEC//79',
    compression: '',
  })
  const text = 'z'.repeat(200)
  const { source, compression } = inlineData(Buffer.from(text))
  assert.equal(compression, 'gzip')
  const packed = Buffer.from(source.replace('data:;base64,', ''), 'base64')
  assert.equal(gunzipSync(packed).toString(), text)
})

test('content of a given compression is not compressed again', () => {
  assert.deepEqual(inlineData(Buffer.from('z'.repeat(200)), 'gzip'), {
    source: `data:,${'z'.repeat(200)}`,
  })
})

test('all but unreserved characters are escaped, byte by byte', () => {
  assert.equal(
    inlineData(Buffer.from("a-_.!~*'()é /abcdefghijkl")).source,
    "data:,a-_.!~*'()%C3%A9%20%2Fabcdefghijkl",
  )
})
