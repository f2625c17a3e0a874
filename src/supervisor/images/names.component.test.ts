import assert from 'node:assert/strict'
import { cp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { atEveryCall, runUntilCall } from '../../release/testing/killed-program.ts'
import { ImageStore } from './store.ts'
import { canonicalName, findStored, type StoredImage } from './stored-image.ts'
import { Cleanup } from './testing/cleanup.ts'
import { layerTar } from './testing/layer-tar.ts'
import { requiredProgram } from './testing/programs.ts'
import { startRegistry } from './testing/real-registry.ts'
import { push, testImage } from './testing/test-image.ts'

const tar = requiredProgram('tar', 'tar')
const image = (content: string) => testImage([layerTar([{ name: 'file', content }])])

async function setUp(context: TestContext) {
  const cleanup = new Cleanup(context)
  const directory = await cleanup.directory()
  const host = await startRegistry(cleanup, { directory })
  const open = (at: string) =>
    ImageStore.open({ directory: at, registries: { [host]: { insecure: true } }, tar })
  return { cleanup, directory, host, open }
}

async function found(store: ImageStore, wanted: string): Promise<StoredImage> {
  const image = findStored(await store.images(), wanted)
  assert.ok(image, `${wanted} is not there`)
  return image
}

const names = ({ tags, digests }: StoredImage) => [...tags, ...digests]

test('an image whose tag moved on stays, by its digest; one that nothing names stays too', async (t) => {
  const { directory, host, open } = await setUp(t)
  const [first, second] = [image('first'), image('second')]
  const store = await open(join(directory, 'store'))
  await push(host, 'app', 'moving', first)
  const { configDigest: firstId } = await store.pull(`${host}/app:moving`)
  await push(host, 'app', 'moving', second)
  const { configDigest: secondId } = await store.pull(`${host}/app:moving`)
  const byDigest = (digest: string) => `${host}/app@${digest}`
  assert.deepEqual(names(await found(store, firstId)), [byDigest(first.manifest.digest)])
  assert.deepEqual(names(await found(store, secondId)), [
    `${host}/app:moving`,
    byDigest(second.manifest.digest),
  ])

  await store.tag(await found(store, firstId), 'local')
  await store.untag(await found(store, firstId), [byDigest(first.manifest.digest)])
  await store.tag(await found(store, secondId), 'local')
  assert.deepEqual(names(await found(store, firstId)), [])
  await store.collectGarbage()
  await store.tag(await found(store, firstId), 'again')
  assert.deepEqual(names(await found(store, firstId)), [canonicalName('again')])
  const files = await readdir(join(directory, 'store/images'))
  assert.deepEqual(
    files.filter((name) => name.includes('unnamed')),
    [],
  )

  await store.forget(await found(store, secondId))
  const { layers } = await store.collectGarbage()
  assert.deepEqual(layers, second.diffIds)
  assert.deepEqual(
    (await store.images()).map(({ id }) => id),
    [firstId],
  )
  store.close()
})

test('records of supervisors before images had several names are read', async (t) => {
  const { directory, host, open } = await setUp(t)
  const store = await open(directory)
  await push(host, 'app', '1', image('old'))
  const { configDigest, manifestDigest } = await store.pull(`${host}/app:1`)
  const [file = ''] = await readdir(join(directory, 'images'))
  const [record] = (await found(store, configDigest)).records
  const old = { format: 1, reference: `${host}/app:1`, manifestDigest, configDigest }
  await writeFile(
    join(directory, 'images', file),
    JSON.stringify({ ...old, configText: record?.configText }),
  )
  assert.deepEqual(names(await found(store, configDigest)), [`${host}/app:1`])
  await store.tag(await found(store, `${host}/app:1`), 'more')
  assert.deepEqual(
    (await found(store, 'more')).tags,
    [`${host}/app:1`, canonicalName('more')].sort(),
  )
  store.close()
})

test('after SIGKILL at any call of changing names no image is lost, and the same again completes', async (t) => {
  const { directory, host, open } = await setUp(t)
  const [former, next, local] = [image('former'), image('next'), image('local')]
  const past = join(directory, 'past')
  const store = await open(past)
  await push(host, 'app', 'moving', former)
  await store.pull(`${host}/app:moving`)
  await push(host, 'other', '1', local)
  await store.pull(`${host}/other:1`)
  await store.tag(await found(store, `${host}/other:1`), 'given')
  const other = await found(store, `${host}/other:1`)
  await store.untag(
    other,
    names(other).filter((name) => name.includes('other')),
  )
  await push(host, 'app', 'moving', next)
  await push(host, 'app', 'taken', next)
  await store.pull(`${host}/app:taken`)
  const ids = (await store.images()).map(({ id }) => id).sort()
  assert.equal(ids.length, 3)
  store.close()

  const program = join(import.meta.dirname, 'testing/change-names.ts')
  const words = (at: string) => [
    ...[at, host, tar, `${host}/app:moving`],
    ...[canonicalName('given'), `${host}/app:taken`],
  ]
  const copy = async (name: string) => {
    await cp(past, join(directory, name), { recursive: true })
    return join(directory, name)
  }
  const state = async (at: string) => {
    const opened = await open(at)
    const images = await opened.images()
    opened.close()
    return images.map((one) => [one.id, ...names(one)]).sort()
  }
  const undisturbed = await copy('undisturbed')
  const calls = await runUntilCall(program, words(undisturbed), Number.POSITIVE_INFINITY)
  assert.ok(calls !== undefined && calls > 10, `only ${calls} calls were seen`)
  const wanted = await state(undisturbed)
  await atEveryCall(calls, async (call) => {
    const at = await copy(`killed-${call}`)
    assert.equal(await runUntilCall(program, words(at), call), undefined)
    const left = await state(at)
    assert.deepEqual(left.map(([id]) => id).sort(), ids, `after call ${call}`)
    for (const name of [`${host}/app:moving`, canonicalName('given')])
      assert.equal(left.flat().filter((one) => one === name).length, 1, `${name}, call ${call}`)
    await runUntilCall(program, words(at), Number.POSITIVE_INFINITY)
    assert.deepEqual(await state(at), wanted, `after call ${call}`)
    await rm(at, { recursive: true })
  })
})
