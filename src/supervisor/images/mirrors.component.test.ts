import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ImageStore } from './store.ts'
import { Cleanup } from './testing/cleanup.ts'
import { layerTar } from './testing/layer-tar.ts'
import { requiredProgram } from './testing/programs.ts'
import { passwordOfMe, selfSigned, startRegistry } from './testing/real-registry.ts'
import { type Misbehaviour, startScriptedRegistry } from './testing/scripted-registry.ts'
import { push, testImage } from './testing/test-image.ts'
import type { PullProgress, RegistrySettings } from './types.ts'

const image = testImage([layerTar([{ name: 'noise', content: randomBytes(1_000_000) }])])
const [, layer = { bytes: Buffer.alloc(0), digest: '' }] = image.blobs

async function openStore(cleanup: Cleanup, registries: RegistrySettings): Promise<ImageStore> {
  const store = await ImageStore.open({
    directory: await cleanup.directory(),
    registries,
    tar: requiredProgram('tar', 'tar'),
    retries: { attempts: 3, firstDelayMs: 1 },
  })
  cleanup.defer(async () => store.close())
  return store
}

/** A registry and two mirrors of it that do as they are told. */
async function setUp(
  context: TestContext,
  behaviours: { first?: Misbehaviour; second?: Misbehaviour; origin?: Misbehaviour },
) {
  const cleanup = new Cleanup(context)
  const start = async (misbehave: Misbehaviour | undefined) =>
    await startScriptedRegistry(cleanup, image, misbehave)
  const first = await start(behaviours.first)
  const second = await start(behaviours.second)
  const origin = await start(behaviours.origin)
  const mirrors = [
    { url: `http://${first.host}`, username: 'first', password: 'of the first' },
    { url: `http://${second.host}/cache/of-all/` },
  ]
  const access = { insecure: true, username: 'me', password: 'secret', mirrors }
  const store = await openStore(cleanup, { [origin.host]: access })
  const failed: string[] = []
  const onProgress = (progress: PullProgress) => {
    if (progress.phase === 'mirror-failed') failed.push(progress.mirror)
  }
  const pull = async () => await store.pull(`${origin.host}/team/app:v1`, { onProgress })
  return { first, second, origin, failed, pull }
}

const isLayer = (url: string | undefined) => url?.endsWith(layer.digest) === true

const wantsPassword: Misbehaviour = ({ headers }, response) => {
  if (headers.authorization !== undefined) return false
  response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end()
  return true
}

const answers =
  (status: number): Misbehaviour =>
  (_request, response) => {
    response.writeHead(status).end()
    return true
  }

test('an image comes through a cache with a password and an authority of its own', async (t) => {
  const cleanup = new Cleanup(t)
  const directory = await cleanup.directory()
  const origin = await startRegistry(cleanup, { directory })
  await push(origin, 'team/app', 'v1', image)
  const tls = await selfSigned(directory)
  const htpasswd = join(directory, 'htpasswd')
  await writeFile(htpasswd, passwordOfMe)
  const auth = `  htpasswd: { realm: test, path: ${htpasswd} }\n`
  const cache = await startRegistry(cleanup, { directory, auth, tls, caches: `http://${origin}` })
  const mirror = {
    url: `https://${cache}`,
    username: 'me',
    password: 'secret',
    certificateAuthority: tls.authority,
  }
  const store = await openStore(cleanup, { [origin]: { insecure: true, mirrors: [mirror] } })
  const phases: string[] = []
  const onProgress = ({ phase }: PullProgress) => phases.push(phase)
  const pulled = await store.pull(`${origin}/team/app:v1`, { onProgress })
  assert.equal(pulled.reference, `${origin}/team/app:v1`)
  assert.ok(!phases.includes('mirror-failed'))
  const cached = join(directory, `registry-${cache.split(':')[1]}`)
  assert.ok((await readdir(cached, { recursive: true })).some((name) => name.endsWith('/data')))

  const { certificateAuthority: _none, ...untrusted } = mirror
  const other = await openStore(cleanup, { [origin]: { insecure: true, mirrors: [untrusted] } })
  await other.pull(`${origin}/team/app:v1`, { onProgress })
  assert.ok(phases.includes('mirror-failed'))
})

test('mirrors are asked in their order, then the registry, and none is shown what is for another', async (t) => {
  const { first, second, origin, failed, pull } = await setUp(t, {
    first: (request, response) =>
      wantsPassword(request, response) || answers(404)(request, response),
    second: (request, response) =>
      request.url?.includes('/manifests/') === true && answers(502)(request, response),
    origin: wantsPassword,
  })
  await pull()
  assert.deepEqual(failed, [`http://${first.host}`, `http://${second.host}`])
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const shown = (registry: typeof origin) =>
    new Set(registry.requests.map(({ authorization }) => authorization))
  assert.deepEqual(shown(first), new Set([undefined, basic('first:of the first')]))
  assert.deepEqual(shown(second), new Set([undefined]))
  assert.deepEqual(shown(origin), new Set([undefined, basic('me:secret')]))
  assert.deepEqual(
    second.requests.map(({ path }) => path),
    Array(2).fill('/v2/cache/of-all/team/app/manifests/v1'),
  )
})

test('a mirror that serves all leaves nothing for the registry to do', async (t) => {
  const { second, origin, pull } = await setUp(t, { first: answers(429) })
  await pull()
  assert.ok(
    second.requests.some(({ path }) => path === `/v2/cache/of-all/team/app/blobs/${layer.digest}`),
  )
  assert.deepEqual(origin.requests, [])
})

test('a layer that mirrors break off goes on at the registry where it stopped', async (t) => {
  const breaks =
    (end: number): Misbehaviour =>
    ({ url, headers }, response) => {
      if (!isLayer(url)) return false
      const start = Number(/\d+/.exec(headers.range ?? '0')?.[0])
      const range = `bytes ${start}-${layer.bytes.length - 1}/${layer.bytes.length}`
      response.writeHead(start === 0 ? 200 : 206, {
        'content-range': range,
        'content-length': layer.bytes.length - start,
      })
      response.write(layer.bytes.subarray(start, end), () => response.socket?.end())
      return true
    }
  const { second, origin, pull } = await setUp(t, {
    first: breaks(200_000),
    second: breaks(400_000),
  })
  await pull()
  const ranges = (registry: typeof origin) =>
    registry.requests.filter(({ path }) => isLayer(path)).map(({ range }) => range)
  assert.match(ranges(second)[0] ?? '', /^bytes=[1-9]\d*-$/)
  assert.equal(ranges(origin).length, 1)
  assert.match(ranges(origin)[0] ?? '', /^bytes=[1-9]\d*-$/)
})

for (const [what, spoil] of [
  ['another content of a layer', (bytes: Buffer) => randomBytes(bytes.length)],
  ['more of a layer than there is', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more')])],
] as const) {
  test(`a mirror that gives ${what} is passed over, and nothing of that stays`, async (t) => {
    const { first, origin, failed, pull } = await setUp(t, {
      first: ({ url }, response) => {
        if (!isLayer(url)) return false
        // Without its length beforehand.
        response.write(spoil(layer.bytes))
        response.end()
        return true
      },
    })
    await pull()
    assert.deepEqual(failed, [`http://${first.host}`])
    assert.equal(origin.requests.filter(({ path }) => isLayer(path)).length, 1)
  })
}

test('when no source has the image, what each of them said is told', async (t) => {
  const { first, second, origin, pull } = await setUp(t, {
    first: answers(404),
    second: answers(500),
    origin: answers(503),
  })
  await assert.rejects(pull(), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'SLIPWAY_IMAGES_NO_SOURCE')
    assert.match(error.message, new RegExp(`http://${first.host}: There is no image`))
    assert.match(error.message, new RegExp(`http://${second.host}: .*answered 500`))
    assert.match(error.message, new RegExp(`The registry ${origin.host} answered 503`))
    return true
  })
})

test('a mirror that cannot be reached is left alone by the next pull, and named if all else fails', async (t) => {
  const cleanup = new Cleanup(t)
  let isDown = false
  const { host } = await startScriptedRegistry(cleanup, image, (request, response) => {
    return isDown && answers(503)(request, response)
  })
  // Nothing listens there.
  const url = 'http://127.0.0.1:1'
  const store = await openStore(cleanup, { [host]: { insecure: true, mirrors: [{ url }] } })
  const failed: string[] = []
  const pull = async (tag: string) =>
    await store.pull(`${host}/app:${tag}`, {
      onProgress: (progress) => {
        if (progress.phase === 'mirror-failed') failed.push(`${tag}: ${progress.reason}`)
      },
    })
  await pull('one')
  await pull('two')
  assert.equal(failed.length, 1)
  assert.match(failed[0] ?? '', /^one: The registry http:\/\/127\.0\.0\.1:1 cannot be reached/)
  isDown = true
  await assert.rejects(pull('three'), {
    code: 'SLIPWAY_IMAGES_NO_SOURCE',
    message: /http:\/\/127\.0\.0\.1:1: it could not be reached a moment ago\. .* answered 503/,
  })
})

test('what the registry itself denies is told as if there were no mirrors', async (t) => {
  const { pull } = await setUp(t, {
    first: answers(404),
    second: answers(404),
    origin: (request, response) =>
      wantsPassword(request, response) || answers(404)(request, response),
  })
  await assert.rejects(pull(), { code: 'SLIPWAY_IMAGES_NOT_FOUND' })
})
