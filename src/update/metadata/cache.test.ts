import assert from 'node:assert/strict'
import { copyFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { contentOf, Workshop } from '../../release/testing/workshop.ts'
import { openWorld } from './testing/host.ts'

test('a damaged file of the cache is asked for again', async (t) => {
  const world = await openWorld(t)
  const { workshop, cacheDirectory } = world
  await workshop.rotate('timestamp')
  await workshop.rotate('snapshot')
  await workshop.refresh()
  await workshop.publish()
  await world.client().refresh()
  const whole = await contentOf(cacheDirectory)
  assert.deepEqual(
    [...whole.keys()].sort(),
    ['2.root.json', '3.root.json', 'snapshot.json', 'targets.json', 'timestamp.json'].sort(),
  )
  for (const name of whole.keys()) {
    const path = join(cacheDirectory, name)
    const text = await readFile(path, 'utf8')
    for (const damage of [
      () => truncate(path, 0),
      () => truncate(path, 100),
      () => writeFile(path, text.replace('"expires": "2', '"expires": "3')),
      () => writeFile(path, Buffer.alloc(text.length)),
      () => rm(path),
    ]) {
      await damage()
      assert.equal((await world.client().refresh()).rootVersion, 3)
      assert.deepEqual(await contentOf(cacheDirectory), whole, name)
    }
  }
})

test('the cache of another repository is replaced', async (t) => {
  const world = await openWorld(t)
  const other = await openWorld(t, ['2.0.0'])
  await other.workshop.rotate('timestamp')
  await other.workshop.refresh()
  await other.workshop.publish()
  await world.client().refresh()
  const { cacheDirectory } = world
  assert.equal((await other.client({ cacheDirectory }).refresh()).rootVersion, 2)
  const client = world.client()
  assert.equal((await client.refresh()).rootVersion, 1)
  assert.equal((await client.channel('stable', 'qemu')).releases[0]?.version, '1.0.0')
  assert.ok(!(await contentOf(cacheDirectory)).has('2.root.json'))
})

test('a root that was put into the cache is not trusted without a chain from the host’s own', async (t) => {
  const world = await openWorld(t)
  await world.client().refresh()
  const thief = await Workshop.open(t)
  await thief.rotate('timestamp')
  await thief.release('6.6.6')
  await thief.refresh()
  await thief.publish()
  const planted = join(world.cacheDirectory, '2.root.json')
  await copyFile(join(thief.keys, '2.root.json'), planted)
  world.server.directory = thief.served
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_ROOT_ROTATION_BROKEN' })
  world.server.directory = world.workshop.served
  await world.client().refresh()
})

test('a host whose image brings a newer root forgets the roots up to it', async (t) => {
  const world = await openWorld(t)
  const { workshop, rootFile, cacheDirectory } = world
  for (const role of ['timestamp', 'snapshot'] as const) await workshop.rotate(role)
  await workshop.refresh()
  await workshop.publish()
  await world.client().refresh()
  await copyFile(join(workshop.keys, '2.root.json'), rootFile)
  assert.equal((await world.client().refresh()).rootVersion, 3)
  const names = [...(await contentOf(cacheDirectory)).keys()]
  assert.ok(names.includes('3.root.json') && !names.includes('2.root.json'))
})

test('a cache that cannot be written is reported', async (t) => {
  const world = await openWorld(t)
  await writeFile(world.cacheDirectory, 'a file')
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_CACHE_FAILED' })
  await rm(world.cacheDirectory)
  await mkdir(join(world.cacheDirectory, 'timestamp.json'), { recursive: true })
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_CACHE_FAILED' })
})
