import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { hostPlatform } from './platform.ts'
import { ImageStore } from './store.ts'
import type { ImageStoreOptions } from './store-options.ts'
import { Cleanup } from './testing/cleanup.ts'
import { layerTar } from './testing/layer-tar.ts'
import { requiredProgram } from './testing/programs.ts'
import { startRegistry } from './testing/real-registry.ts'
import { push, testImage, testIndex } from './testing/test-image.ts'
import type { PullProgress } from './types.ts'

const run = promisify(execFile)
const bcryptOfSecret = '$2y$05$6J49reu1e.Ps37PJalZLEexU77YO0x4.PWH4m/xEevGGQS9bibZL.'
const base = layerTar([
  { name: './', type: 'directory', mode: 0o755 },
  { name: 'etc/', type: 'directory', mode: 0o755 },
  { name: 'etc/release', content: 'one\n' },
  { name: 'etc/old', content: 'to be deleted\n' },
  { name: 'data/', type: 'directory', mode: 0o555 },
  { name: 'data/hidden', content: 'x' },
  { name: 'bin/su', mode: 0o4755, uid: 12, gid: 34, content: 'su' },
  { name: 'bin/su2', type: 'hard link', linkName: '/bin/su' },
  { name: 'bin/sh', type: 'symbolic link', linkName: '/bin/su' },
  { name: `long/${'d'.repeat(120)}/${'f'.repeat(200)}`, content: 'long' },
  { name: Buffer.from('latin1-\xe9', 'latin1').toString('latin1'), content: 'bytes' },
  {
    name: 'bin/ping',
    content: 'ping',
    // cap_setuid,cap_net_raw+ep: has a byte that is not UTF-8.
    xattrs: new Map([
      ['security.capability', Buffer.from('0100000280200000000000000000000000000000', 'hex')],
    ]),
  },
])
const upper = layerTar([
  { name: 'etc/.wh.old' },
  { name: 'data/.wh..wh..opq' },
  { name: 'data/new', content: 'y' },
  { name: 'etc/release', content: 'two\n' },
])

async function setUp(
  context: TestContext,
  auth?: string,
): Promise<{
  cleanup: Cleanup
  host: string
  directory: string
  openStore: (options?: Partial<ImageStoreOptions>) => Promise<ImageStore>
}> {
  const cleanup = new Cleanup(context)
  const directory = await cleanup.directory()
  const host = await startRegistry(cleanup, {
    directory,
    ...(auth === undefined ? {} : { auth }),
  })
  const openStore = (options: Partial<ImageStoreOptions> = {}) =>
    ImageStore.open({
      directory: join(directory, 'store'),
      registries: { [host]: { insecure: true } },
      tar: requiredProgram('tar', 'tar'),
      retries: { attempts: 3, firstDelayMs: 1 },
      ...options,
    })
  return { cleanup, host, directory, openStore }
}

/** What a container would see. */
async function mounted(
  cleanup: Cleanup,
  directory: string,
  layers: readonly { directory: string }[],
): Promise<string> {
  const target = join(directory, 'merged')
  await mkdir(target)
  const lower = layers.map((layer) => layer.directory).reverse()
  const options = `lowerdir=${lower.join(':')}`
  await run(requiredProgram('mount', 'mount'), ['-t', 'overlay', 'overlay', '-o', options, target])
  cleanup.defer(() => run(requiredProgram('umount', 'mount'), [target]))
  return target
}

for (const compression of ['none', 'gzip', 'zstd'] as const) {
  test(`pulls an image with ${compression} compression, and overlayfs shows what its layers mean`, async (t) => {
    const { cleanup, host, directory, openStore } = await setUp(t)
    const image = testImage([base, upper], { compression, config: { Cmd: ['/bin/sh'] } })
    await push(host, 'team/app', 'v1', image)
    const store = await openStore()
    const pulled = await store.pull(`${host}/team/app:v1`)
    assert.equal(pulled.manifestDigest, image.manifest.digest)
    assert.deepEqual(pulled.config.config.Cmd, ['/bin/sh'])
    assert.deepEqual(
      pulled.layers.map(({ diffId }) => diffId),
      image.diffIds,
    )
    const root = await mounted(cleanup, directory, pulled.layers)
    assert.equal(await readFile(join(root, 'etc/release'), 'utf8'), 'two\n')
    assert.deepEqual(await readdir(join(root, 'etc')), ['release'])
    assert.deepEqual(await readdir(join(root, 'data')), ['new'])
    const su = await lstat(join(root, 'bin/su'))
    assert.deepEqual([su.mode & 0o7777, su.uid, su.gid, su.nlink], [0o4755, 12, 34, 2])
    assert.equal(
      await readFile(join(root, 'long', 'd'.repeat(120), 'f'.repeat(200)), 'utf8'),
      'long',
    )
    const names = await readdir(root, { encoding: 'buffer' })
    assert.ok(names.some((name) => name.equals(Buffer.from('latin1-\xe9', 'latin1'))))
    const { stdout } = await run(requiredProgram('getfattr', 'attr'), [
      '--dump',
      '--match=-',
      '--encoding=hex',
      join(root, 'bin/ping'),
    ])
    assert.match(stdout, /security.capability=0x0100000280200000/)
  })
}

test('chooses the manifest of this platform from an index', async (t) => {
  const { host, openStore } = await setUp(t)
  const mine = testImage([base])
  const other = testImage([upper], { architecture: 'mips' })
  await push(host, 'app', other.manifest.digest, other)
  await push(host, 'app', mine.manifest.digest, mine)
  const { architecture } = hostPlatform()
  const index = testIndex([
    { image: other, platform: { os: 'linux', architecture: 'mips' } },
    { image: mine, platform: { os: 'linux', architecture } },
  ])
  await push(host, 'app', 'latest', index)
  const store = await openStore()
  assert.equal((await store.pull(`${host}/app`)).manifestDigest, mine.manifest.digest)
  const byIndex = await store.pull(`${host}/app@${index.manifest.digest}`)
  assert.equal(byIndex.manifestDigest, mine.manifest.digest)
  await push(
    host,
    'app',
    'mips',
    testIndex([{ image: other, platform: { os: 'linux', architecture: 'mips' } }]),
  )
  await assert.rejects(store.pull(`${host}/app:mips`), { code: 'SLIPWAY_IMAGES_PLATFORM_MISSING' })
})

test('stores a layer once for two images, and downloads it once when both are pulled together', async (t) => {
  const { host, directory, openStore } = await setUp(t)
  await push(host, 'a', 'latest', testImage([base]))
  await push(host, 'b', 'latest', testImage([base, upper]))
  const store = await openStore()
  const progress: PullProgress[] = []
  const onProgress = (event: PullProgress) => progress.push(event)
  const [a, b] = await Promise.all([
    store.pull(`${host}/a`, { onProgress }),
    store.pull(`${host}/b`, { onProgress }),
  ])
  assert.equal(a.layers[0]?.directory, b.layers[0]?.directory)
  assert.equal((await readdir(join(directory, 'store/layers'))).length, 2)
  assert.deepEqual(await readdir(join(directory, 'store/staging')), [])
  assert.deepEqual(
    (await store.list()).map(({ reference }) => reference),
    [`${host}/a:latest`, `${host}/b:latest`],
  )
  assert.deepEqual(await (await openStore()).find(`${host}/a:latest`), a)
})

test('collects only layers that no image, container or pull has', async (t) => {
  const { host, openStore } = await setUp(t)
  const image = testImage([base, upper])
  await push(host, 'a', 'latest', testImage([base]))
  await push(host, 'b', 'latest', image)
  const store = await openStore()
  await store.pull(`${host}/a`)
  await store.pull(`${host}/b`)
  await store.remove(`${host}/b`)
  assert.equal(await store.find(`${host}/b`), undefined)
  const top = image.diffIds[1] ?? ''
  assert.deepEqual(await store.collectGarbage({ layers: [top] }), { images: [], layers: [] })
  assert.deepEqual(await store.collectGarbage(), { images: [], layers: [top] })
  assert.ok(await store.find(`${host}/a`))
  const all = await store.collectGarbage({ references: [] })
  assert.deepEqual(all, { images: [`${host}/a:latest`], layers: [image.diffIds[0]] })
})

test('says that an image or a tag is not there', async (t) => {
  const { host, openStore } = await setUp(t)
  const store = await openStore()
  await assert.rejects(store.pull(`${host}/nobody/nothing:v9`), {
    code: 'SLIPWAY_IMAGES_NOT_FOUND',
    message: `There is no image ${host}/nobody/nothing:v9.`,
  })
})

test('logs in with the password of the settings, and says so when it is wrong', async (t) => {
  const htpasswd = join(await new Cleanup(t).directory(), 'htpasswd')
  // me:secret by bcrypt, the only form that the registry reads.
  await writeFile(htpasswd, `me:${bcryptOfSecret}\n`)
  const auth = `  htpasswd: { realm: test, path: ${htpasswd} }\n`
  const { host, openStore } = await setUp(t, auth)
  const image = testImage([base])
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`
  await push(host, 'private/app', 'latest', image, basic)
  const settings = (password: string) => ({
    registries: { [host]: { insecure: true, username: 'me', password } },
  })
  const wrong = await openStore(settings('wrong'))
  await assert.rejects(wrong.pull(`${host}/private/app`), { code: 'SLIPWAY_IMAGES_UNAUTHORIZED' })
  const anonymous = await openStore()
  await assert.rejects(anonymous.pull(`${host}/private/app`), {
    code: 'SLIPWAY_IMAGES_UNAUTHORIZED',
  })
  const right = await openStore(settings('secret'))
  const pulled = await right.pull(`${host}/private/app`)
  assert.equal(pulled.manifestDigest, image.manifest.digest)
})

test('pulls what other tools push, in Docker’s format and in OCI’s', async (t) => {
  const { host, directory, openStore } = await setUp(t)
  const layout = join(directory, 'layout')
  const umoci = requiredProgram('umoci', 'umoci')
  const skopeo = requiredProgram('skopeo', 'skopeo')
  const tree = join(directory, 'tree')
  await mkdir(join(tree, 'bin'), { recursive: true })
  await writeFile(join(tree, 'bin/hello'), '#!/bin/sh\n', { mode: 0o755 })
  await run(umoci, ['init', '--layout', layout])
  await run(umoci, ['new', '--image', `${layout}:v1`])
  await run(umoci, ['insert', '--image', `${layout}:v1`, tree, '/opt'])
  await run(umoci, ['insert', '--image', `${layout}:v1`, '--whiteout', '/opt/bin/gone'])
  const store = await openStore()
  for (const format of ['oci', 'v2s2']) {
    const target = `docker://${host}/tools/${format}:v1`
    const words = ['--dest-tls-verify=false', '--format', format, `oci:${layout}:v1`, target]
    await run(skopeo, ['--insecure-policy', 'copy', ...words])
    const pulled = await store.pull(`${host}/tools/${format}:v1`)
    assert.equal(pulled.layers.length, 2)
    const hello = await lstat(join(pulled.layers[0]?.directory ?? '', 'opt/bin/hello'))
    assert.equal(hello.mode & 0o777, 0o755)
    const gone = await lstat(join(pulled.layers[1]?.directory ?? '', 'opt/bin/gone'))
    assert.ok(gone.isCharacterDevice() && gone.rdev === 0)
  }
})
