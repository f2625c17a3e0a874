import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ImageStore } from './store.ts'
import { findStored } from './stored-image.ts'
import { Cleanup } from './testing/cleanup.ts'
import { layerTar } from './testing/layer-tar.ts'
import { requiredProgram } from './testing/programs.ts'
import { startRegistry } from './testing/real-registry.ts'
import { push, type TestLayerCompression, testImage } from './testing/test-image.ts'
import type { Credentials, PushProgress } from './types.ts'

const bcryptOfSecret = '$2y$05$6J49reu1e.Ps37PJalZLEexU77YO0x4.PWH4m/xEevGGQS9bibZL.'
const base = layerTar([
  { name: 'etc/', type: 'directory', mode: 0o755 },
  { name: 'etc/release', content: 'one\n'.repeat(100_000) },
])
const own = layerTar([{ name: 'own', content: 'y' }])

async function setUp(context: TestContext, auth?: string) {
  const cleanup = new Cleanup(context)
  const directory = await cleanup.directory()
  const host = await startRegistry(cleanup, { directory })
  const other = await startRegistry(cleanup, {
    directory,
    ...(auth === undefined ? {} : { auth }),
  })
  const open = async (name: string) => {
    const registries = { [host]: { insecure: true }, [other]: { insecure: true } }
    const tar = requiredProgram('tar', 'tar')
    const store = await ImageStore.open({ directory: join(directory, name), registries, tar })
    cleanup.defer(async () => store.close())
    return store
  }
  return { directory, host, other, open }
}

/** Pushes an image that is here under a new name; gives what was told of its layers, and the digest. */
async function pushAs(store: ImageStore, from: string, to: string, credentials?: Credentials) {
  const find = async (name: string) => {
    const image = findStored(await store.images(), name)
    assert.ok(image, name)
    return image
  }
  await store.tag(await find(from), to)
  const phases: PushProgress['phase'][] = []
  const { digest } = await store.push(await find(to), to, {
    ...(credentials === undefined ? {} : { credentials }),
    onProgress: ({ phase }) => void phases.push(phase),
  })
  const told = phases.filter((phase) => phase !== 'preparing' && phase !== 'pushing')
  return { digest, told: told.sort() }
}

test('a pushed image is pulled again with the same layers, and what is there is not sent twice', async (t) => {
  const { host, other, open } = await setUp(t)
  await push(host, 'app', '1', testImage([base, own]))
  const store = await open('store')
  const pulled = await store.pull(`${host}/app:1`)
  const first = await pushAs(store, `${host}/app:1`, `${other}/copy:1`)
  assert.deepEqual(first.told, ['pushed', 'pushed'])
  const again = await pushAs(store, `${host}/app:1`, `${other}/copy:2`)
  assert.deepEqual(again, { digest: first.digest, told: ['there', 'there'] })

  const fresh = await open('fresh')
  const back = await fresh.pull(`${other}/copy:1`)
  assert.deepEqual(
    [back.configDigest, back.config.rootfs, back.manifestDigest],
    [pulled.configDigest, pulled.config.rootfs, first.digest],
  )
  const mounted = await pushAs(fresh, `${other}/copy:1`, `${other}/elsewhere:1`)
  assert.deepEqual(mounted, { digest: first.digest, told: ['mounted', 'mounted'] })
})

for (const compression of ['none', 'gzip', 'zstd'] satisfies TestLayerCompression[])
  test(`an image of layers with compression ${compression} keeps its digest where its blobs are`, async (t) => {
    const { host, other, open } = await setUp(t)
    const image = testImage([base], { compression })
    await push(host, 'app', '1', image)
    const store = await open('store')
    await store.pull(`${host}/app:1`)
    const back = await pushAs(store, `${host}/app:1`, `${host}/app:2`)
    assert.deepEqual(back, { digest: image.manifest.digest, told: ['there'] })
    const moved = await pushAs(store, `${host}/app:1`, `${other}/app:1`)
    assert.deepEqual(moved.told, ['pushed'])
    // What comes out of the same gzip, or needs none, is the same wherever it is.
    assert.equal(moved.digest === image.manifest.digest, compression !== 'zstd')
  })

test('credentials of the call are shown, and refused ones are told', async (t) => {
  const directory = await new Cleanup(t).directory()
  await writeFile(join(directory, 'htpasswd'), `user:${bcryptOfSecret}\n`)
  const { host, other, open } = await setUp(
    t,
    `  htpasswd: { realm: test, path: ${join(directory, 'htpasswd')} }\n`,
  )
  await push(host, 'app', '1', testImage([own]))
  const store = await open('store')
  await store.pull(`${host}/app:1`)
  const refused = { code: 'SLIPWAY_IMAGES_UNAUTHORIZED' }
  const to = `${other}/app:1`
  await assert.rejects(pushAs(store, `${host}/app:1`, to), refused)
  const wrong = { username: 'user', password: 'wrong' }
  await assert.rejects(pushAs(store, `${host}/app:1`, to, wrong), refused)
  const right = { username: 'user', password: 'secret' }
  assert.deepEqual((await pushAs(store, `${host}/app:1`, to, right)).told, ['pushed'])
  // They were for that call alone.
  await assert.rejects(store.pull(to), refused)
  await assert.rejects(store.pull(to, { credentials: wrong }), refused)
  await store.pull(to, { credentials: right })
  await store.registry(other, right).checkAccess(other)
  await assert.rejects(store.registry(other, wrong).checkAccess(other), refused)
})

test('a layer that cannot be made again is refused where its blob is not', async (t) => {
  const { host, other, open } = await setUp(t)
  const twice = layerTar([
    { name: 'file', content: 'before' },
    { name: 'file', content: 'after' },
  ])
  await push(host, 'app', '1', testImage([twice]))
  const store = await open('store')
  await store.pull(`${host}/app:1`)
  assert.deepEqual((await pushAs(store, `${host}/app:1`, `${host}/app:2`)).told, ['there'])
  await assert.rejects(pushAs(store, `${host}/app:1`, `${other}/app:1`), {
    code: 'SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE',
  })
})
