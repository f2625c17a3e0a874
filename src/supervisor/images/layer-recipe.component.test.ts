import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { digestOf } from './digest.ts'
import { FileSystemSync } from './file-system-sync.ts'
import { LayerStore } from './layer-store.ts'
import { defaultLimits } from './limits.ts'
import { Cleanup } from './testing/cleanup.ts'
import { layerTar, type TestEntry } from './testing/layer-tar.ts'
import { requiredProgram } from './testing/programs.ts'
import { unpackLayer } from './unpack.ts'

const tar = requiredProgram('tar', 'tar')

async function stored(context: TestContext, layer: Buffer) {
  const directory = await new Cleanup(context).directory()
  const sync = new FileSystemSync(requiredProgram('sync', 'coreutils'), directory)
  const store = await LayerStore.open(directory, sync)
  const diffId = digestOf(layer)
  const blob = { mediaType: '', digest: diffId, sizeBytes: layer.length }
  await store.add(diffId, (staged, recipe) => {
    const to = { directory: staged, recipe, limits: { ...defaultLimits, reserveBytes: 0 }, tar }
    return unpackLayer({ source: inPieces(layer), blob, diffId, ...to })
  })
  return { store, diffId, directory }
}

async function* inPieces(bytes: Buffer) {
  // Neither blocks nor entries end where a piece does.
  for (let at = 0; at < bytes.length; at += 701) yield bytes.subarray(at, at + 701)
}

async function remade({ store, diffId }: { store: LayerStore; diffId: string }): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.tar(diffId)))
}

const nasty: readonly TestEntry[] = [
  { name: './', type: 'directory', mode: 0o755 },
  { name: './dir/', type: 'directory', mode: 0o700, uid: 1000 },
  {
    name: 'dir/file',
    content: 'content',
    mtime: '1.5',
    xattrs: new Map([['user.a', randomBytes(9)]]),
  },
  { name: 'dir/empty' },
  { name: 'dir/link', type: 'hard link', linkName: 'dir/file' },
  { name: 'dir/symbolic', type: 'symbolic link', linkName: '../nowhere' },
  { name: 'dev/null', type: 'character device', deviceMajor: 1, deviceMinor: 3 },
  { name: 'dir/.wh.gone', content: 'left out' },
  { name: 'dir/.wh..wh..opq' },
  { name: `${'long/'.repeat(40)}name`, content: randomBytes(70_000) },
  { name: 'caf\xe9', content: 'not UTF-8' },
]

test('makes a layer’s tar again, bit by bit', async (context) => {
  const layer = layerTar(nasty)
  const made = await stored(context, layer)
  assert.ok((await remade(made)).equals(layer))
  assert.equal((await made.store.facts(made.diffId))?.tarBytes, layer.length)
})

test('makes an archive again that has no end marks, or more after them', async (context) => {
  const entry = layerTar([{ name: 'file', content: 'x' }])
  const short = entry.subarray(0, entry.length - 1024)
  assert.ok((await remade(await stored(context, short))).equals(short))
  const long = Buffer.concat([entry, Buffer.alloc(9000), Buffer.from('rest')])
  assert.ok((await remade(await stored(context, long))).equals(long))
})

test('keeps far less beside a layer than the layer', async (context) => {
  const content = randomBytes(1000)
  const entries = Array.from({ length: 200 }, (_, index) => ({ name: `file${index}`, content }))
  const { directory } = await stored(context, layerTar(entries))
  const recipes = join(directory, 'recipes')
  const [recipe = ''] = (await readdir(recipes)).filter((name) => name.endsWith('.recipe'))
  assert.ok((await stat(join(recipes, recipe))).size < 10_000)
})

test('says when what is unpacked was changed', async (context) => {
  const made = await stored(context, layerTar([{ name: 'file', content: 'true' }]))
  const file = join(made.store.directory(made.diffId), 'file')
  await writeFile(file, 'fals')
  await assert.rejects(remade(made), { code: 'SLIPWAY_IMAGES_DIGEST_MISMATCH' })
  await writeFile(file, 'too long')
  await assert.rejects(remade(made), { code: 'SLIPWAY_IMAGES_LAYER_CHANGED' })
})

test('says that an archive with a file twice cannot be made again', async (context) => {
  const twice = [
    { name: 'file', content: 'one' },
    { name: './file', content: 'two' },
  ]
  const made = await stored(context, layerTar(twice))
  await assert.rejects(remade(made), { code: 'SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE' })
})

test('unpacks a layer anew that it knows nothing of, and drops recipes without a layer', async (context) => {
  const { store, diffId, directory } = await stored(context, layerTar([]))
  const other = 'a'.repeat(64)
  await writeFile(join(directory, `recipes/${other}.recipe`), '')
  await mkdir(join(directory, `layers/${'b'.repeat(64)}`))
  const sync = new FileSystemSync(requiredProgram('sync', 'coreutils'), directory)
  const again = await LayerStore.open(directory, sync)
  assert.ok(await again.has(diffId))
  assert.ok(!(await again.has(`sha256:${'b'.repeat(64)}`)))
  assert.equal((await readdir(join(directory, 'recipes'))).length, 2)
  await store.remove(diffId)
  assert.deepEqual(await readdir(join(directory, 'recipes')), [])
})
