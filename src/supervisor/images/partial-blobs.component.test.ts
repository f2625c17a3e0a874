import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ImageStore } from './store.ts'
import { Cleanup } from './testing/cleanup.ts'
import { layerTar } from './testing/layer-tar.ts'
import { requiredProgram } from './testing/programs.ts'
import { type Misbehaviour, startScriptedRegistry } from './testing/scripted-registry.ts'
import { testImage } from './testing/test-image.ts'

const tar = requiredProgram('tar', 'tar')
const content = randomBytes(5_000_000)
const image = testImage([layerTar([{ name: 'noise', content }])], { compression: 'none' })
const [, layer = { bytes: Buffer.alloc(0), digest: '' }] = image.blobs
const partialFromBytes = 1_000_000

async function setUp(context: TestContext, misbehave?: Misbehaviour) {
  const cleanup = new Cleanup(context)
  const directory = await cleanup.directory()
  const { host, requests } = await startScriptedRegistry(cleanup, image, misbehave)
  const partial = join(directory, 'partial', layer.digest.replace(':', '-'))
  const open = async () => {
    const store = await ImageStore.open({
      ...{ directory, tar, partialFromBytes },
      registries: { [host]: { insecure: true } },
      retries: { attempts: 2, firstDelayMs: 1 },
    })
    cleanup.defer(async () => store.close())
    return store
  }
  /** As an earlier process left it. */
  const leave = async (bytes: Buffer) => {
    await mkdir(join(directory, 'partial'), { recursive: true })
    await writeFile(partial, bytes)
  }
  const pull = async () => {
    const { layers } = await (await open()).pull(`${host}/app`)
    const file = join(layers[0]?.directory ?? '', 'noise')
    assert.ok((await readFile(file)).equals(content))
    assert.deepEqual(await readdir(join(directory, 'partial')), [])
  }
  const ranges = () =>
    requests.filter(({ path }) => path.endsWith(layer.digest)).map(({ range }) => range)
  return { directory, host, partial, open, leave, pull, ranges }
}

test('a pull goes on where one stopped that was killed', async (t) => {
  let isHeld = true
  const { directory, host, partial, pull, ranges } = await setUp(t, ({ url }, response) => {
    if (!isHeld || url?.endsWith(layer.digest) !== true) return false
    response.writeHead(200, { 'content-length': layer.bytes.length })
    response.write(layer.bytes.subarray(0, 4_000_000))
    return true
  })
  const program = join(import.meta.dirname, 'testing/pull.ts')
  const words = [program, directory, host, `${host}/app`, tar, String(partialFromBytes)]
  const child = spawn(process.execPath, words, { stdio: 'ignore' })
  const closed = once(child, 'close')
  for (let attempt = 0; (await sizeOf(partial)) < 2_000_000; attempt += 1) {
    assert.ok(attempt < 3000, 'nothing is kept of the layer')
    await sleep(20)
  }
  child.kill('SIGKILL')
  await closed
  const keptBytes = await sizeOf(partial)
  isHeld = false
  await pull()
  assert.deepEqual(ranges(), [undefined, `bytes=${keptBytes}-`])
})

test('a pull goes on where one gave up, and is not misled by a registry that knows no ranges', async (t) => {
  let isBroken = true
  const { host, partial, open, pull } = await setUp(t, ({ url, headers }, response) => {
    if (url?.endsWith(layer.digest) !== true) return false
    if (headers.range !== undefined && isBroken) {
      response.destroy()
      return true
    }
    response.writeHead(200, { 'content-length': layer.bytes.length })
    if (!isBroken) response.end(layer.bytes)
    else response.write(layer.bytes.subarray(0, 3_000_000), () => response.destroy())
    return true
  })
  const store = await open()
  await assert.rejects(store.pull(`${host}/app`), {
    code: 'SLIPWAY_IMAGES_TRANSFER_BROKEN',
    message: /broke off 2 times/,
  })
  assert.ok((await sizeOf(partial)) > 0)
  isBroken = false
  await pull()
})

const wrong: { name: string; bytes: Buffer }[] = [
  { name: 'another beginning', bytes: randomBytes(2_000_000) },
  { name: 'as much as there is, but not the same', bytes: randomBytes(layer.bytes.length) },
]
for (const { name, bytes } of wrong) {
  test(`a layer of which ${name} was kept is fetched anew`, async (t) => {
    const { leave, pull, ranges } = await setUp(t)
    await leave(bytes)
    await pull()
    assert.equal(ranges().at(-1), undefined)
  })
}

test('a layer of which more was kept than there is, or all of it, costs no more than it must', async (t) => {
  const { leave, pull, ranges } = await setUp(t)
  await leave(Buffer.concat([layer.bytes, Buffer.from('more')]))
  await pull()
  assert.deepEqual(ranges(), [undefined])
  const other = await setUp(t)
  await other.leave(layer.bytes)
  await other.pull()
  assert.deepEqual(other.ranges(), [])
})

test('nothing is kept of a layer that is not what it should be, and of others not for ever', async (t) => {
  const { directory, host, partial, open, leave } = await setUp(t, ({ url }, response) => {
    if (url?.endsWith(layer.digest) !== true) return false
    response.end(randomBytes(layer.bytes.length))
    return true
  })
  const store = await open()
  await assert.rejects(store.pull(`${host}/app`))
  assert.deepEqual(await readdir(join(directory, 'partial')), [])
  await leave(layer.bytes.subarray(0, 1000))
  await open()
  assert.equal(await sizeOf(partial), 1000)
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000)
  await utimes(partial, twoDaysAgo, twoDaysAgo)
  await open()
  assert.deepEqual(await readdir(join(directory, 'partial')), [])
  await leave(layer.bytes.subarray(0, 1000))
  // Whatever the clock says: it may have been set back, and tells whole milliseconds, where files have parts of them.
  const inAnHour = new Date(Date.now() + 3_600_000)
  await utimes(partial, inAnHour, inAnHour)
  await store.dropPartialBlobs()
  assert.deepEqual(await readdir(join(directory, 'partial')), [])
})

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
