import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ImageStore } from './store.ts'
import { Cleanup } from './testing/cleanup.ts'
import { layerTar } from './testing/layer-tar.ts'
import { requiredProgram } from './testing/programs.ts'
import { startScriptedRegistry } from './testing/scripted-registry.ts'
import { testImage } from './testing/test-image.ts'

const run = promisify(execFile)
const tar = requiredProgram('tar', 'tar')
const entryFile = join(import.meta.dirname, 'testing/pull.ts')

test('takes nothing half-made for a result after SIGKILL in the middle of a pull', async (t) => {
  const cleanup = new Cleanup(t)
  const directory = await cleanup.directory()
  const content = randomBytes(4_000_000)
  const image = testImage([
    layerTar([{ name: 'first', content: 'complete' }]),
    layerTar([{ name: 'second', content }]),
  ])
  const half = image.blobs[2]
  let held = true
  const { host } = await startScriptedRegistry(cleanup, image, (request, response) => {
    if (!held || half === undefined || request.url?.endsWith(half.digest) !== true) return false
    response.writeHead(200, { 'content-length': half.bytes.length })
    response.write(half.bytes.subarray(0, 3_000_000))
    return true
  })
  const reference = `${host}/app:v1`
  const words = [entryFile, directory, host, reference, tar]
  const child = spawn(process.execPath, words, { stdio: 'inherit' })
  const closed = once(child, 'close')
  await until(async () => (await staged(directory)).includes('second'))
  child.kill('SIGKILL')
  await closed

  const options = { directory, registries: { [host]: { insecure: true } }, tar }
  const store = await ImageStore.open(options)
  cleanup.defer(async () => store.close())
  assert.equal(await store.find(reference), undefined)
  assert.deepEqual(await store.list(), [])
  assert.deepEqual(await readdir(join(directory, 'staging')), [])
  held = false
  const pulled = await store.pull(reference)
  const second = pulled.layers[1]?.directory ?? ''
  assert.ok((await readFile(join(second, 'second'))).equals(content))
})

test('reports a full disk while it unpacks, and leaves the space free again', async (t) => {
  const cleanup = new Cleanup(t)
  const directory = join(await cleanup.directory(), 'small')
  await mkdir(directory)
  const size = ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory]
  await run(requiredProgram('mount', 'mount'), size)
  cleanup.defer(() => run(requiredProgram('umount', 'mount'), [directory]))
  // Compressed it fits, so that the check before the pull lets it pass.
  const image = testImage([layerTar([{ name: 'zeroes', content: Buffer.alloc(20_000_000) }])])
  const { host } = await startScriptedRegistry(cleanup, image)
  const registries = { [host]: { insecure: true } }
  const store = await ImageStore.open({
    ...{ directory, registries, tar, limits: { reserveBytes: 0 } },
    partialFromBytes: 0,
  })
  cleanup.defer(async () => store.close())
  await assert.rejects(store.pull(`${host}/app`), { code: 'SLIPWAY_IMAGES_DISK_FULL' })
  for (const part of ['images', 'layers', 'staging', 'partial']) {
    assert.deepEqual(await readdir(join(directory, part)), [])
  }
})

test('refuses a pull that cannot fit before it downloads a layer', async (t) => {
  const cleanup = new Cleanup(t)
  const image = testImage([layerTar([{ name: 'file', content: 'x' }])])
  const { host, requests } = await startScriptedRegistry(cleanup, image)
  const store = await ImageStore.open({
    directory: await cleanup.directory(),
    registries: { [host]: { insecure: true } },
    tar,
    limits: { reserveBytes: Number.MAX_SAFE_INTEGER },
  })
  cleanup.defer(async () => store.close())
  await assert.rejects(store.pull(`${host}/app`), {
    code: 'SLIPWAY_IMAGES_DISK_FULL',
    message: /1 MiB are missing of 1 MiB/,
  })
  assert.ok(!requests.some(({ path }) => path.endsWith(image.blobs[1]?.digest ?? '')))
})

test('names the program when tar cannot be started', async (t) => {
  const cleanup = new Cleanup(t)
  const image = testImage([layerTar([{ name: 'file', content: 'x' }])])
  const { host } = await startScriptedRegistry(cleanup, image)
  const store = await ImageStore.open({
    directory: await cleanup.directory(),
    registries: { [host]: { insecure: true } },
    tar: '/nowhere/tar',
  })
  cleanup.defer(async () => store.close())
  await assert.rejects(store.pull(`${host}/app`), {
    code: 'SLIPWAY_IMAGES_PROGRAM_FAILED',
    message: /\/nowhere\/tar failed .*ENOENT/,
  })
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 3000; attempt += 1) {
    if (await condition()) return
    await sleep(20)
  }
  throw new Error('what was waited for did not come')
}

/** The names of what is being unpacked. */
async function staged(directory: string): Promise<string[]> {
  try {
    return await readdir(join(directory, 'staging'), { recursive: true }).then((names) =>
      names.map((name) => name.slice(name.lastIndexOf('/') + 1)),
    )
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
