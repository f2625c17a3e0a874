import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { atEveryCall, runUntilCall } from '../../../release/testing/killed-program.ts'
import { digestOf } from '../digest.ts'
import type { IntakeOptions } from '../image-intake.ts'
import { ImageStore } from '../store.ts'
import { Cleanup } from '../testing/cleanup.ts'
import { layerTar, type TestEntry } from '../testing/layer-tar.ts'
import { requiredProgram } from '../testing/programs.ts'
import { type TestImage, testImage } from '../testing/test-image.ts'
import { loadImages } from './load.ts'
import { saveImages } from './save.ts'

const run = promisify(execFile)
const tar = requiredProgram('tar', 'tar')
const firstLayer = layerTar([
  { name: 'bin/', type: 'directory', mode: 0o755 },
  { name: 'bin/tool', mode: 0o755, content: '#!/bin/sh\n' },
])
const secondLayer = layerTar([{ name: 'bin/.wh.tool' }, { name: 'new', content: 'new' }])

async function setUp(context: TestContext) {
  const cleanup = new Cleanup(context)
  const directory = await cleanup.directory()
  const open = async (name: string) => {
    const store = await ImageStore.open({ directory: join(directory, name), registries: {}, tar })
    cleanup.defer(async () => store.close())
    return store
  }
  return { directory, open, store: await open('store') }
}

/** An image as `docker save` wrote it for years. */
function dockerArchive(image: TestImage, layers: readonly Buffer[], names: readonly string[]) {
  const [config] = image.blobs
  const manifest = [
    { Config: 'config.json', RepoTags: names, Layers: layers.map((_, at) => `${at}/layer.tar`) },
  ]
  return layerTar([
    { name: 'manifest.json', content: JSON.stringify(manifest) },
    { name: 'config.json', content: config?.bytes ?? '' },
    ...layers.map((content, at) => ({ name: `${at}/layer.tar`, content })),
  ])
}

/** An image as an OCI layout, whatever its names are. */
function layoutArchive(image: TestImage, annotations: Record<string, string> = {}): TestEntry[] {
  const { bytes, digest, mediaType } = image.manifest
  const index = {
    schemaVersion: 2,
    manifests: [{ mediaType, digest, size: bytes.length, annotations }],
  }
  return [
    { name: './', type: 'directory', mode: 0o755 },
    { name: './oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: './index.json', content: JSON.stringify(index) },
    ...[image.manifest, ...image.blobs].map((blob) => ({
      name: `./blobs/${blob.digest.replace(':', '/')}`,
      content: blob.bytes,
    })),
  ]
}

async function load(store: ImageStore, archive: Buffer, options: IntakeOptions = {}) {
  const loaded: { id: string; names: readonly string[] }[] = []
  const pieces = Readable.from([archive.subarray(0, 700), archive.subarray(700)])
  await loadImages(store.intake, pieces, { ...options, onLoaded: (one) => loaded.push(one) })
  return loaded
}

async function saved(store: ImageStore, id: string): Promise<Buffer> {
  const image = (await store.images()).find((one) => one.id === id)
  assert.ok(image)
  return Buffer.concat(await Array.fromAsync(saveImages(store, [{ image, names: image.tags }])))
}

test('an image that is loaded and saved has the layers and the configuration that it had', async (t) => {
  const { directory, open, store } = await setUp(t)
  const image = testImage([firstLayer, secondLayer])
  const name = 'docker.io/library/app:1'
  const archive = dockerArchive(image, [firstLayer, secondLayer], ['app:1'])
  const id = image.blobs[0]?.digest ?? ''
  assert.deepEqual(await load(store, archive), [{ id, names: [name] }])

  const bits = await saved(store, id)
  await writeFile(join(directory, 'saved.tar'), bits)
  for (const blob of [...image.diffIds, id]) {
    const path = `blobs/${blob.replace(':', '/')}`
    const words = ['--extract', '--to-stdout', `--file=${directory}/saved.tar`, path]
    const { stdout } = await run(tar, words, { encoding: 'buffer' })
    assert.equal(digestOf(stdout), blob)
  }
  const other = await open('other')
  assert.deepEqual(await load(other, gzipSync(bits)), [{ id, names: [name] }])
  assert.deepEqual(await saved(other, id), bits)
  assert.deepEqual(await load(other, bits), [{ id, names: [name] }])
})

test('skopeo reads what is saved, and what it writes is loaded, in either format', async (t) => {
  const { directory, open, store } = await setUp(t)
  const image = testImage([firstLayer, secondLayer])
  const id = image.blobs[0]?.digest ?? ''
  await load(store, dockerArchive(image, [firstLayer, secondLayer], ['team/app:1']))
  const file = (name: string) => join(directory, name)
  await writeFile(file('saved.tar'), await saved(store, id))
  const skopeo = async (...words: string[]) =>
    await run(requiredProgram('skopeo', 'skopeo'), ['--insecure-policy', ...words])
  for (const [from, to] of [
    ['docker-archive:saved.tar:team/app:1', 'docker-archive:again.tar:team/app:1'],
    ['oci-archive:saved.tar', 'oci-archive:again.oci.tar:team/app:1'],
  ] as const) {
    const [source, target] = [from, to].map((one) => one.replace(':', `:${directory}/`))
    await skopeo('copy', source ?? '', target ?? '')
    const other = await open(to.slice(0, 4))
    const archive = await readFile(file(to.split(':')[1] ?? ''))
    const [loaded] = await load(other, archive)
    assert.deepEqual(loaded?.names, ['docker.io/team/app:1'])
    const layers = await other.images()
    assert.deepEqual(
      layers.map((one) => other.imageOf(one).layers.map(({ diffId }) => diffId)),
      [image.diffIds],
    )
  }
})

test('a layer that an old archive has as a link to another place is read there', async (t) => {
  const { store } = await setUp(t)
  const image = testImage([firstLayer])
  const manifest = [{ Config: 'config.json', RepoTags: null, Layers: ['b/layer.tar'] }]
  const archive = layerTar([
    { name: 'a/layer.tar', content: firstLayer },
    { name: 'b/layer.tar', type: 'symbolic link', linkName: '../a/layer.tar' },
    { name: 'config.json', content: image.blobs[0]?.bytes ?? '' },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  ])
  const id = image.blobs[0]?.digest ?? ''
  assert.deepEqual(await load(store, archive), [{ id, names: [] }])
  assert.deepEqual(
    (await store.images()).map(({ tags }) => tags),
    [[]],
  )
})

test('a collection while an image is loaded takes nothing of it', async (t) => {
  const { store } = await setUp(t)
  const image = testImage([firstLayer, secondLayer])
  const collections: Promise<{ layers: string[] }>[] = []
  const archive = dockerArchive(image, [firstLayer, secondLayer], ['app:1'])
  await load(store, archive, {
    onProgress: ({ phase }) => {
      if (phase === 'unpacking') collections.push(store.collectGarbage())
    },
  })
  assert.ok(collections.length >= 2)
  for (const { layers } of await Promise.all(collections)) assert.deepEqual(layers, [])
  assert.equal((await store.images()).length, 1)
  const [{ layers }, left] = [await store.collectGarbage(), await store.images()]
  assert.deepEqual([layers, left.length], [[], 1])
})

test('a name goes from the image that had it, which stays without one', async (t) => {
  const { store } = await setUp(t)
  const [one, two] = [testImage([firstLayer]), testImage([secondLayer])]
  await load(store, dockerArchive(one, [firstLayer], ['app:1']))
  const formers: (string | undefined)[] = []
  await load(store, dockerArchive(two, [secondLayer], ['app:1']), {
    onProgress: (progress) => {
      if (progress.phase === 'named') formers.push(progress.former)
    },
  })
  assert.deepEqual(formers, [one.blobs[0]?.digest])
  assert.deepEqual(
    new Map((await store.images()).map(({ id, tags }) => [id, tags])),
    new Map([
      [one.blobs[0]?.digest ?? '', []],
      [two.blobs[0]?.digest ?? '', ['docker.io/library/app:1']],
    ]),
  )
})

test('after SIGKILL at a call of loading the image is there or not, and the same again completes', async (t) => {
  const { directory } = await setUp(t)
  const image = testImage([firstLayer])
  const archive = join(directory, 'archive.tar')
  await writeFile(archive, dockerArchive(image, [firstLayer], ['app:1']))
  const program = join(import.meta.dirname, '../testing/load-archive.ts')
  const at = (name: string | number) => [join(directory, `killed-${name}`), archive, tar]
  const state = async (name: string | number) => {
    const [storeDirectory = ''] = at(name)
    const store = await ImageStore.open({ directory: storeDirectory, registries: {}, tar })
    const images = (await store.images()).map(({ id, tags }) => [id, ...tags])
    assert.deepEqual(await readdir(join(storeDirectory, 'staging')), [])
    store.close()
    return images
  }
  const calls = await runUntilCall(program, at('never'), Number.POSITIVE_INFINITY)
  assert.ok(calls !== undefined && calls > 10, `only ${calls} calls were seen`)
  const wanted = [[image.blobs[0]?.digest, 'docker.io/library/app:1']]
  assert.deepEqual(await state('never'), wanted)
  // Each fifth is enough: what is between them is much the same.
  await atEveryCall(Math.floor(calls / 5), async (fifth) => {
    const call = 5 * fifth - (fifth % 3)
    assert.equal(await runUntilCall(program, at(call), call), undefined)
    const left = await state(call)
    if (left.length > 0) assert.deepEqual(left, wanted, `after call ${call}`)
    await runUntilCall(program, at(call), Number.POSITIVE_INFINITY)
    assert.deepEqual(await state(call), wanted, `again after call ${call}`)
  })
})

describe('an archive that is not what it should be is refused, and nothing of it stays', () => {
  const image = testImage([firstLayer])
  const [config, layer] = image.blobs
  const good = layoutArchive(image)
  const replaced = (name: string, entry: Partial<TestEntry>) =>
    layerTar(good.map((one) => (one.name === name ? { ...one, ...entry } : one)))
  const blobName = (digest = '') => `./blobs/${digest.replace(':', '/')}`
  const manifest = (fields: object) =>
    layerTar([
      { name: 'config.json', content: config?.bytes ?? '' },
      { name: 'layer.tar', content: firstLayer },
      {
        name: 'manifest.json',
        content: JSON.stringify([
          { Config: 'config.json', RepoTags: ['app:1'], Layers: ['layer.tar'], ...fields },
        ]),
      },
    ])
  const evil = layerTar([{ name: '../evil', content: 'x' }])
  const cases: readonly [what: string, archive: Buffer, code: string, reason: RegExp][] = [
    ['no tar', Buffer.alloc(2048, 'x'), 'ARCHIVE_INVALID', /number that is not octal|checksum/],
    ['an empty one', Buffer.alloc(0), 'ARCHIVE_INVALID', /neither a manifest.json/],
    ['files of a container', firstLayer, 'ARCHIVE_INVALID', /neither a manifest.json/],
    ['a name that leads out', layerTar([{ name: '../x' }]), 'ARCHIVE_INVALID', /leads out/],
    ['an absolute name', layerTar([{ name: '/etc/passwd' }]), 'ARCHIVE_INVALID', /leads out/],
    [
      'a link that leads out',
      layerTar([{ name: 'a', type: 'symbolic link', linkName: '/etc/passwd' }]),
      'ARCHIVE_INVALID',
      /is a symbolic link/,
    ],
    [
      'links in a circle',
      layerTar([
        { name: 'manifest.json', type: 'symbolic link', linkName: 'b' },
        { name: 'b', type: 'symbolic link', linkName: 'manifest.json' },
      ]),
      'ARCHIVE_INVALID',
      /round in circles/,
    ],
    [
      'a device',
      layerTar([{ name: 'a', type: 'block device', deviceMajor: 8 }]),
      'ARCHIVE_INVALID',
      /is a block device/,
    ],
    ['a file twice', layerTar([{ name: 'a' }, { name: './a' }]), 'ARCHIVE_INVALID', /twice/],
    ['a layer that is not there', manifest({ Layers: ['no'] }), 'ARCHIVE_INVALID', /no file no/],
    ['too few layers', manifest({ Layers: [] }), 'ARCHIVE_INVALID', /1 diff IDs for 0 layers/],
    ['another layer', manifest({ Layers: ['config.json'] }), 'DIGEST_MISMATCH', /layer/],
    ['a name that is none', manifest({ RepoTags: ['A b'] }), 'REFERENCE_INVALID', /./],
    [
      'a name by digest',
      manifest({ RepoTags: [`app@sha256:${'0'.repeat(64)}`] }),
      'ARCHIVE_INVALID',
      /no name with a tag/,
    ],
    ['a shape of its own', manifest({ Layers: 'layer.tar' }), 'ARCHIVE_INVALID', /not a list/],
    [
      'a blob of another size',
      replaced(blobName(layer?.digest), { content: 'short' }),
      'ARCHIVE_INVALID',
      /has 5 bytes instead of/,
    ],
    [
      'a blob of another content',
      replaced(blobName(layer?.digest), { content: Buffer.alloc(layer?.bytes.length ?? 0) }),
      'DIGEST_MISMATCH',
      /The blob/,
    ],
    [
      'a configuration of another content',
      replaced(blobName(config?.digest), {
        content: Buffer.from(String(config?.bytes).replace('linux', 'other')),
      }),
      'DIGEST_MISMATCH',
      /configuration/,
    ],
    [
      'a layer whose files lead out',
      dockerArchive(testImage([evil]), [evil], ['app:1']),
      'LAYER_UNSAFE',
      /evil/,
    ],
    [
      'an image for others',
      layerTar(
        layoutArchive(testImage([firstLayer])).map((entry) =>
          entry.name === './index.json'
            ? {
                ...entry,
                content: String(entry.content).replace(
                  '"annotations"',
                  '"platform":{"os":"plan9","architecture":"amd64"},"annotations"',
                ),
              }
            : entry,
        ),
      ),
      'ARCHIVE_INVALID',
      /made for plan9\/amd64/,
    ],
  ]
  for (const [what, archive, code, reason] of cases)
    test(what, async (t) => {
      const { directory, store } = await setUp(t)
      await assert.rejects(load(store, archive), {
        code: `SLIPWAY_IMAGES_${code}`,
        message: reason,
      })
      for (const name of ['staging', 'images', 'layers'])
        assert.deepEqual(await readdir(join(directory, 'store', name)), [], name)
    })

  test('but it is taken when all is right', async (t) => {
    const { store } = await setUp(t)
    const id = config?.digest ?? ''
    assert.deepEqual(await load(store, layerTar(good)), [{ id, names: [] }])
  })
})
