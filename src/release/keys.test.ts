import assert from 'node:assert/strict'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findKeys } from './key-directory.ts'
import { isSignedFor, roleOf } from './roles.ts'
import { readRootChain } from './root-chain.ts'
import { contentOf, Workshop } from './testing/workshop.ts'

test('new keys are readable by their owner alone, and their root is signed by all root keys', async (t) => {
  const workshop = await Workshop.empty(t)
  const { keys, root } = await workshop.makeKeys(workshop.keys)
  assert.deepEqual(
    keys.map(({ role }) => role),
    ['root', 'root', 'root', 'targets', 'snapshot', 'timestamp'],
  )
  for (const { file } of keys) assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.equal((await stat(workshop.keys)).mode & 0o777, 0o700)
  assert.equal(root, join(workshop.keys, '1.root.json'))
  const [first] = await readRootChain(workshop.keys)
  assert.ok(first)
  assert.equal(Object.keys(first.signatures).length, 3)
  assert.equal(roleOf(first, 'root').threshold, 2)
})

test('keys are never overwritten', async (t) => {
  const workshop = await Workshop.open(t)
  const before = await contentOf(workshop.keys)
  await assert.rejects(workshop.makeKeys(workshop.keys), { code: 'SLIPWAY_RELEASE_KEYS_EXIST' })
  assert.deepEqual(await contentOf(workshop.keys), before)
  assert.deepEqual(await readdir(workshop.directory), ['keys'])
})

test('encrypted keys open with their passphrase alone, and errors do not tell it', async (t) => {
  const workshop = await Workshop.empty(t)
  const { keys } = await workshop.makeKeys(workshop.keys, 'correct horse')
  const [made] = keys
  assert.ok(made)
  assert.match(await readFile(made.file, 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/)
  const find = (passphrase: string | undefined) =>
    findKeys('root', [made.keyId], { directory: workshop.keys, passphrase })
  assert.equal((await find('correct horse')).length, 1)
  await assert.rejects(find(undefined), { code: 'SLIPWAY_RELEASE_PASSPHRASE_NEEDED' })
  await assert.rejects(find('battery staple'), (error: Error) => {
    assert.equal('code' in error && error.code, 'SLIPWAY_RELEASE_PASSPHRASE_WRONG')
    assert.doesNotMatch(JSON.stringify(error) + String(error.stack), /battery staple/)
    return true
  })
})

test('a rotated key is in the next root, which the old root accepts', async (t) => {
  const workshop = await Workshop.open(t)
  const rotated = await workshop.rotate('timestamp')
  assert.equal(rotated.version, 2)
  const [first, second] = await readRootChain(workshop.keys)
  assert.ok(first && second)
  assert.deepEqual(roleOf(first, 'timestamp').keyIds, [rotated.replaced])
  assert.deepEqual(roleOf(second, 'timestamp').keyIds, [rotated.made.keyId])
  assert.deepEqual(roleOf(second, 'root'), roleOf(first, 'root'))
  assert.ok(isSignedFor(first, 'root', second))
})

test('a root key is replaced by name; the new root has both thresholds', async (t) => {
  const workshop = await Workshop.open(t)
  const [first] = await readRootChain(workshop.keys)
  const [gone = '', ...rest] = first ? roleOf(first, 'root').keyIds : []
  await assert.rejects(workshop.rotate('root'), { code: 'SLIPWAY_RELEASE_KEY_UNKNOWN' })
  await assert.rejects(workshop.rotate('root', 'ffffzz'), { code: 'SLIPWAY_RELEASE_KEY_UNKNOWN' })
  await workshop.rotate('root', gone.slice(0, 12))
  const [, second] = await readRootChain(workshop.keys)
  assert.ok(first && second)
  const keyIds: readonly string[] = roleOf(second, 'root').keyIds
  assert.ok(!keyIds.includes(gone))
  assert.deepEqual(keyIds.slice(1), rest)
  assert.ok(isSignedFor(first, 'root', second) && isSignedFor(second, 'root', second))
})

test('a root is made with the threshold of the old keys, not with fewer', async (t) => {
  const workshop = await Workshop.open(t)
  const files = (await readdir(workshop.keys)).filter((name) => name.startsWith('root-'))
  const [one = '', two = ''] = files
  await rm(join(workshop.keys, one))
  await workshop.rotate('snapshot')
  await rm(join(workshop.keys, two))
  const before = await contentOf(workshop.keys)
  await assert.rejects(workshop.rotate('snapshot'), {
    code: 'SLIPWAY_RELEASE_KEY_NOT_HERE',
    message: new RegExp(`needs signatures of 2 of its keys, and 1 are in .*${one}.*${two}|${two}`),
  })
  assert.deepEqual(await contentOf(workshop.keys), before)
})

test('a key file with another key in it is refused', async (t) => {
  const workshop = await Workshop.open(t)
  const names = await readdir(workshop.keys)
  const named = (start: string) =>
    join(workshop.keys, names.find((name) => name.startsWith(start)) ?? '')
  await writeFile(named('timestamp-'), await readFile(named('targets-')))
  await assert.rejects(workshop.release('1.0.0'), { code: 'SLIPWAY_RELEASE_KEY_INVALID' })
})
