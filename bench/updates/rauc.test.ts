import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { blockHashes, missingBlockBytes } from './rauc.ts'

test('a block of the bundle is read for each hash that is not known, and once for several', async () => {
  const image = Buffer.concat([randomBytes(128 << 10), Buffer.alloc(128 << 10)])
  const index = [...blockHashes(image)]
  assert.equal(index.length, 64)
  assert.equal(await missingBlockBytes(image, index, new Set(index)), 0)
  const random = await missingBlockBytes(image, index, new Set(index.slice(3)))
  assert.equal(random, 128 << 10, 'what does not compress is stored')
  const both = await missingBlockBytes(image, index, new Set())
  assert.ok(both > random && both < random + 1000, String(both))
})
