import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Package } from './archive.ts'
import { insist, moves, readLock, writeLock } from './lock.ts'

function pack(name: string, version: string, sha256 = `${name} ${version}`): Package {
  const source = { name, version }
  return { name, version, architecture: 'amd64', source, sha256, sizeBytes: 1 }
}

test('moves tell what came, went and changed, by name', () => {
  const before = [pack('tar', '1'), pack('crun', '1'), pack('same', '1')]
  const after = [pack('same', '1'), pack('crun', '2'), pack('nft', '1')]
  assert.deepEqual(moves(before, after), [
    { name: 'crun', from: '1', to: '2' },
    { name: 'nft', to: '1' },
    { name: 'tar', from: '1' },
  ])
})

test('a package of the same version with other content has moved', () => {
  assert.deepEqual(moves([pack('tar', '1', 'a')], [pack('tar', '1', 'b')]), [
    { name: 'tar', from: '1', to: '1' },
  ])
})

test('a lock file that answers the same names is taken, in whatever order they are', () => {
  const lock = { asked: ['b', 'a'], packages: [pack('a', '1'), pack('b', '1')] }
  assert.equal(insist('x.lock.json', lock, ['a', 'b']), lock)
})

test('a lock file that is not there or answers other names is refused', () => {
  assert.throws(() => insist('x.lock.json', undefined, ['a']), {
    code: 'SLIPWAY_PACKAGES_LOCK_MISSING',
  })
  assert.throws(() => insist('x.lock.json', { asked: ['a', 'b'], packages: [] }, ['a', 'c']), {
    code: 'SLIPWAY_PACKAGES_NOT_LOCKED',
    message: /\+c -b/,
  })
})

test('a lock file is read as it was written, and not written again when it says the same', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-lock-'))
  t.after(() => rm(directory, { recursive: true }))
  const file = join(directory, 'image.lock.json')
  const lock = { asked: ['a'], packages: [pack('a', '1')] }
  assert.equal(await readLock(file), undefined)
  await writeLock(file, lock)
  assert.deepEqual(await readLock(file), lock)
  const { ino } = await stat(file)
  await writeLock(file, lock)
  assert.equal((await stat(file)).ino, ino)
  await writeLock(file, { ...lock, asked: ['b'] })
  assert.deepEqual((await readLock(file))?.asked, ['b'])
  assert.deepEqual(await readdir(directory), ['image.lock.json'])
})
