import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Image } from '../images/types.ts'
import type { InUse } from './in-use.ts'
import { ReleaseImageKeeper } from './keeper.ts'

const pinned = (name: string) => `registry.example/${name}@sha256:${'0'.repeat(64)}`

const set = (version: string, ...references: string[]) => ({
  version,
  images: Object.fromEntries(references.map((name) => [name, pinned(name)])),
})

const nameOf = (reference: string) => reference.replace(/^.*\/|@.*$/g, '')

const using = (...references: string[]): InUse => ({
  references: new Set(references.map(pinned)),
  layers: references.map((reference) => `layer of ${reference}`),
})

test('images of a release that is gone go when their containers do, also with a supervisor after this one', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-keeper-'))
  context.after(() => rm(directory, { recursive: true }))
  const file = join(directory, 'release-images.json')
  const done: string[] = []
  const open = async () =>
    await ReleaseImageKeeper.open({
      file,
      running: set('2', 'c'),
      images: {
        pull: async (reference) => {
          done.push(`pull ${nameOf(reference)}`)
          return {} as Image
        },
        remove: async (reference) => {
          done.push(`remove ${nameOf(reference)}`)
        },
        collectGarbage: async (keep) => {
          const { layers = [] } = typeof keep === 'function' ? keep() : (keep ?? {})
          done.push(`collect but ${[...layers].join(', ')}`)
          return { images: [], layers: [] }
        },
      },
      log: { info: () => {}, warning: assert.fail, error: assert.fail },
      beforePull: async () => {},
    })
  const { signal } = new AbortController()
  const first = await open()
  await first.take({ ...set('1', 'a', 'b'), bootable: [] }, () => using(), signal)
  done.length = 0
  await first.take({ ...set('3', 'd'), bootable: [] }, () => using('a', 'b', 'c'), signal)
  assert.deepEqual(done, ['pull d'])
  assert.deepEqual([...first.held.keys()].map(nameOf).sort(), ['a', 'b', 'c', 'd'])

  await first.letGo(() => using('b', 'c'))
  assert.deepEqual(done.slice(1), ['remove a', 'collect but layer of b, layer of c'])
  const second = await open()
  await second.letGo(() => using('b', 'c'))
  assert.equal(done.length, 3)
  await second.letGo(() => using())
  assert.deepEqual(done.slice(3), ['remove b', 'collect but '])
  assert.deepEqual([...second.held.keys()].map(nameOf).sort(), ['c', 'd'])
  const written = await readFile(file, 'utf8')
  // What this release or the one that is taken has stays without any container.
  await second.letGo(() => using())
  assert.equal(done.length, 5)
  assert.equal(await readFile(file, 'utf8'), written)
})
