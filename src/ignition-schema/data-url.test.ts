import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeDataUrl } from './data-url.ts'

const right: [url: string, data: string | Buffer][] = [
  ['data:,hello', 'hello'],
  ['DATA:text/plain;charset=utf-8,a%20b%0A', 'a b\n'],
  ['data:,', ''],
  ['data:,a,b#c?d', 'a,b#c?d'],
  ['data:,é%C3%A9', 'éé'],
  ['data:,%00%ff', Buffer.from([0, 255])],
  ['data:;base64,aGVsbG8=', 'hello'],
  ['data:;base64,aGVsbG8', 'hello'],
  ['data:text/plain;base64,aGVsbG8%3D', 'hello'],
  ['data:;base64,', ''],
]
for (const [url, data] of right)
  test(`decodes ${url}`, () => {
    assert.deepEqual(Buffer.from(decodeDataUrl(url).data ?? '?'), Buffer.from(data))
  })

for (const url of [
  'data:hello',
  'http://x',
  'data:,%',
  'data:,%2',
  'data:,%zz',
  'data:;base64,a',
  'data:;base64,a=',
  'data:;base64,aGVsbG8==',
  'data:;base64,aG-_',
  'data:;base64,a b=',
])
  test(`refuses ${url}`, () => {
    assert.equal(typeof decodeDataUrl(url).mistake, 'string')
  })
