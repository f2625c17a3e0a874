import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { Workshop } from '../release/testing/workshop.ts'
import { trustSource } from './trust-source.ts'

const unusable = (why: RegExp) => (error: unknown) =>
  isSlipwayError(error, 'SLIPWAY_BUILD_TRUST_UNUSABLE') && why.test(error.message)

test('an image that names no root has none', async () => {
  assert.deepEqual(await trustSource({}, '/nowhere'), [])
})

test('the root goes into /usr as it is', async (context) => {
  const { directory, keys } = await Workshop.open(context)
  const [source] = await trustSource({ root: 'keys/1.root.json' }, directory)
  assert.equal(source?.destination, '/usr/share/slipway/update/root.json')
  assert.equal(source?.text, readFileSync(join(keys, '1.root.json'), 'utf8'))
})

test('what is no root, or not signed, stops the build before it begins', async (context) => {
  const { directory, keys } = await Workshop.open(context)
  await assert.rejects(trustSource({ root: 'keys/2.root.json' }, directory), unusable(/ENOENT/))
  writeFileSync(join(directory, 'text'), 'trust me')
  await assert.rejects(trustSource({ root: 'text' }, directory), unusable(/JSON/))
  const root = readFileSync(join(keys, '1.root.json'), 'utf8')
  const forged = root.replace(/"expires": "\d{4}/, '"expires": "2999')
  writeFileSync(join(directory, 'forged.json'), forged)
  await assert.rejects(trustSource({ root: 'forged.json' }, directory), unusable(/signed/))
})
