import assert from 'node:assert/strict'
import { closeSync, openSync, readSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import type { Extent } from './layout.ts'
import { makeRelease, scratchFolder, type TestRelease } from './testing/disk-image.ts'
import { readBackRootHash } from './verity.ts'

const BLOCK = 4096

for (const [blocks, levels] of [
  [1, 'no level'],
  [2, 'one level'],
  [128, 'one full level'],
  [129, 'two levels'],
  [300, 'a buffer and a part of the next'],
  [128 * 128 + 1, 'three levels'],
] as const)
  test(`the root hash of ${blocks} blocks (${levels}) is veritysetup's`, async (context) => {
    const { release, data, tree } = made(scratchFolder(context), blocks)
    assert.equal(await readBackRootHash(data, tree, 'test'), release.rootHash)
  })

test('a slot within a disk image is read at its place', async (context) => {
  const folder = scratchFolder(context)
  const { release, tree } = made(folder, 300)
  const disk = join(folder, 'disk')
  writeFileSync(disk, Buffer.concat([Buffer.alloc(3 * BLOCK, 7), release.usr, Buffer.alloc(BLOCK)]))
  const data = { path: disk, offsetBytes: 3 * BLOCK, sizeBytes: 301 * BLOCK }
  assert.equal(await readBackRootHash(data, tree, 'test'), release.rootHash)
})

test('a changed bit of the data is found', async (context) => {
  const { data, tree } = made(scratchFolder(context), 300)
  flip(data, 299 * BLOCK + 4095)
  await assert.rejects(readBackRootHash(data, tree, 'test'), readBack(/does not belong/))
})

test('a changed bit at any level of the hash tree is found', async (context) => {
  const { release, data, tree } = made(scratchFolder(context), 300)
  for (let block = 1; block < release.verity.length / BLOCK; block++) {
    flip(tree, block * BLOCK + 5)
    await assert.rejects(readBackRootHash(data, tree, 'test'), readBack(/does not belong/))
    flip(tree, block * BLOCK + 5)
  }
  assert.equal(await readBackRootHash(data, tree, 'test'), release.rootHash)
})

test('a changed salt gives another root hash or a tree that does not belong', async (context) => {
  const { data, tree } = made(scratchFolder(context), 300)
  flip(tree, 90)
  await assert.rejects(readBackRootHash(data, tree, 'test'), readBack(/does not belong/))
})

test('a superblock that is none, or of another kind, or too large for the slot is refused', async (context) => {
  const { data, tree } = made(scratchFolder(context), 300)
  const cases: [offset: number, reason: RegExp][] = [
    [0, /has no hash tree/],
    [8, /of version/],
    [12, /of version/],
    [32, /of version/],
    [65, /blocks of 4096/],
    [74, /more than the partition has/],
    [81, /damaged|does not belong/],
  ]
  for (const [offset, reason] of cases) {
    flip(tree, offset)
    await assert.rejects(readBackRootHash(data, tree, 'test'), readBack(reason), `byte ${offset}`)
    flip(tree, offset)
  }
})

test('a device that ends before the data is refused', async (context) => {
  const { data, tree } = made(scratchFolder(context), 300)
  truncateSync(data.path, 299 * BLOCK)
  await assert.rejects(readBackRootHash(data, tree, 'test'), readBack(/ends before/))
})

function made(
  folder: string,
  blocks: number,
): { release: TestRelease; data: Extent; tree: Extent } {
  const release = makeRelease(folder, '1', blocks * BLOCK)
  const extent = (name: string, sizeBytes: number) => ({
    path: join(folder, `1.${name}`),
    offsetBytes: 0,
    sizeBytes,
  })
  return {
    release,
    data: extent('usr', release.usr.length),
    tree: extent('verity', release.verity.length),
  }
}

/** Changes the lowest bit of a byte; twice, and it is as before. */
function flip({ path }: Extent, offset: number): void {
  const bytes = new Uint8Array(1)
  const file = openSync(path, 'r+')
  readSync(file, bytes, 0, 1, offset)
  writeSync(file, Uint8Array.of((bytes[0] ?? 0) ^ 1), 0, 1, offset)
  closeSync(file)
}

function readBack(reason: RegExp): (error: unknown) => boolean {
  return (error) =>
    isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_READ_BACK') && reason.test(error.message)
}
