import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ImageStore } from './store.ts'
import type { ImageStoreOptions } from './store-options.ts'
import { Cleanup } from './testing/cleanup.ts'
import { layerTar } from './testing/layer-tar.ts'
import { requiredProgram } from './testing/programs.ts'
import {
  type Misbehaviour,
  type ScriptedRegistry,
  startScriptedRegistry,
} from './testing/scripted-registry.ts'
import { type TestImage, testImage } from './testing/test-image.ts'
import type { RegistryAccess } from './types.ts'

const noise = layerTar([{ name: 'noise', content: randomBytes(1_000_000) }])

async function setUp(
  context: TestContext,
  {
    image = testImage([noise]),
    misbehave,
    access = {},
    options = {},
  }: {
    image?: TestImage
    misbehave?: Misbehaviour
    access?: RegistryAccess
    options?: Partial<ImageStoreOptions>
  },
): Promise<{
  registry: ScriptedRegistry
  reference: string
  store: ImageStore
  kept: () => Promise<string[]>
}> {
  const cleanup = new Cleanup(context)
  const directory = await cleanup.directory()
  const registry = await startScriptedRegistry(cleanup, image, misbehave)
  const store = await ImageStore.open({
    directory,
    registries: { [registry.host]: { insecure: true, ...access } },
    tar: requiredProgram('tar', 'tar'),
    retries: { attempts: 3, firstDelayMs: 1 },
    timeouts: { stallMs: 500, headersMs: 2000 },
    ...options,
  })
  cleanup.defer(async () => store.close())
  const kept = async () => {
    const parts = ['images', 'layers', 'staging'].map((name) => readdir(join(directory, name)))
    return (await Promise.all(parts)).flat()
  }
  return { registry, reference: `${registry.host}/app:v1`, store, kept }
}

function isLayer(url: string | undefined, image: TestImage): boolean {
  return url?.endsWith(image.blobs[1]?.digest ?? 'none') === true
}

test('resumes a layer where the stream was cut', async (t) => {
  const image = testImage([noise])
  const bytes = image.blobs[1]?.bytes ?? Buffer.alloc(0)
  let cuts = 0
  const { registry, reference, store } = await setUp(t, {
    image,
    misbehave: (request, response) => {
      if (!isLayer(request.url, image) || cuts > 0) return false
      cuts += 1
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 400_000), () => response.socket?.end())
      return true
    },
  })
  await store.pull(reference)
  const ranges = registry.requests.map(({ range }) => range).filter((range) => range !== undefined)
  // What had come but was not read yet goes with the connection.
  assert.equal(ranges.length, 1)
  assert.match(ranges[0] ?? '', /^bytes=[1-9]\d*-$/)
})

test('resumes a stalled layer, also from a registry that ignores ranges', async (t) => {
  const image = testImage([noise])
  const bytes = image.blobs[1]?.bytes ?? Buffer.alloc(0)
  let tries = 0
  const { reference, store } = await setUp(t, {
    image,
    misbehave: (request, response) => {
      if (!isLayer(request.url, image)) return false
      tries += 1
      response.writeHead(200, { 'content-length': bytes.length })
      if (tries === 1) response.write(bytes.subarray(0, 300_000))
      else response.end(bytes)
      return true
    },
  })
  await store.pull(reference)
  assert.equal(tries, 2)
})

test('gives up on a layer that is cut again and again, and keeps nothing of it', async (t) => {
  const image = testImage([noise])
  const bytes = image.blobs[1]?.bytes ?? Buffer.alloc(0)
  const { reference, store, kept } = await setUp(t, {
    image,
    misbehave: (request, response) => {
      if (!isLayer(request.url, image)) return false
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0])
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`
      response.writeHead(start === 0 ? 200 : 206, { 'content-range': range })
      const cut = () => setTimeout(() => response.destroy(), 20)
      response.write(bytes.subarray(start, start + 100), cut)
      return true
    },
  })
  await assert.rejects(store.pull(reference), {
    code: 'SLIPWAY_IMAGES_TRANSFER_BROKEN',
    message: /broke off 3 times/,
  })
  assert.deepEqual(await kept(), [])
})

const lies: { name: string; answer: (bytes: Buffer) => Buffer; code: string }[] = [
  {
    name: 'another content of the same size',
    answer: (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([1])]),
    code: 'SLIPWAY_IMAGES_DIGEST_MISMATCH',
  },
  {
    name: 'more than the manifest says',
    answer: (bytes) => Buffer.concat([bytes, Buffer.from('more')]),
    code: 'SLIPWAY_IMAGES_SIZE_MISMATCH',
  },
  {
    name: 'less than the manifest says',
    answer: (bytes) => bytes.subarray(0, 1000),
    code: 'SLIPWAY_IMAGES_SIZE_MISMATCH',
  },
]
for (const { name, answer, code } of lies) {
  test(`refuses a layer with ${name}, and keeps nothing of it`, async (t) => {
    const image = testImage([noise], { compression: 'none' })
    const { reference, store, kept } = await setUp(t, {
      image,
      misbehave: (request, response) => {
        if (!isLayer(request.url, image)) return false
        response.end(answer(image.blobs[1]?.bytes ?? Buffer.alloc(0)))
        return true
      },
    })
    await assert.rejects(store.pull(reference), { code })
    assert.deepEqual(await kept(), [])
  })
}

test('refuses a manifest that is not what its Docker-Content-Digest says', async (t) => {
  const { reference, store } = await setUp(t, {
    misbehave: (request, response) => {
      if (request.url?.includes('/manifests/') !== true) return false
      response.setHeader('docker-content-digest', `sha256:${'0'.repeat(64)}`)
      response.end('{}')
      return true
    },
  })
  await assert.rejects(store.pull(reference), { code: 'SLIPWAY_IMAGES_DIGEST_MISMATCH' })
})

test('tries again after 500, and reports it with what the registry says when it persists', async (t) => {
  const { registry, reference, store } = await setUp(t, {
    misbehave: (_request, response) => {
      response.writeHead(500).end('{"errors":[{"code":"UNKNOWN","message":"disk on fire"}]}')
      return true
    },
  })
  await assert.rejects(store.pull(reference), {
    code: 'SLIPWAY_IMAGES_REGISTRY_FAILED',
    message: /500.*disk on fire/,
  })
  assert.equal(registry.requests.length, 3)
})

test('waits as long as the registry asks for, and then has what it wanted', async (t) => {
  const image = testImage([noise])
  const refused = new Set<string>()
  const { reference, store } = await setUp(t, {
    image,
    misbehave: ({ url = '' }, response) => {
      if (refused.has(url)) return false
      refused.add(url)
      const status = isLayer(url, image) ? 503 : 429
      response.writeHead(status, { 'retry-after': '0' }).end()
      return true
    },
  })
  const reasons: string[] = []
  await store.pull(reference, {
    onProgress: (progress) => {
      if (progress.phase === 'retrying') reasons.push(progress.reason)
    },
  })
  assert.equal(reasons.length, 3)
  assert.match(reasons[0] ?? '', /wants no further request for 0 s/)
  assert.match(reasons[2] ?? '', /answered 503 to blobs/)
})

test('reports a rate limit that is longer than one waits', async (t) => {
  const { reference, store } = await setUp(t, {
    misbehave: (_request, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end()
      return true
    },
  })
  await assert.rejects(store.pull(reference), {
    code: 'SLIPWAY_IMAGES_REGISTRY_RATE_LIMITED',
    message: /3600 s/,
  })
})

test('follows a redirect to another host without taking the credentials there', async (t) => {
  const image = testImage([noise])
  const elsewhere = await startScriptedRegistry(new Cleanup(t), image)
  const { registry, reference, store } = await setUp(t, {
    image,
    access: { username: 'me', password: 'secret' },
    misbehave: (request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end()
        return true
      }
      if (!isLayer(request.url, image)) return false
      response.writeHead(307, { location: `http://${elsewhere.host}${request.url}` }).end()
      return true
    },
  })
  await store.pull(reference)
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`
  assert.ok(registry.requests.some(({ authorization }) => authorization === basic))
  assert.deepEqual(
    elsewhere.requests.map(({ authorization }) => authorization),
    [undefined],
  )
})

test('refuses a redirect that never ends', async (t) => {
  const { reference, store } = await setUp(t, {
    misbehave: (request, response) => {
      response.writeHead(302, { location: request.url }).end()
      return true
    },
  })
  await assert.rejects(store.pull(reference), { code: 'SLIPWAY_IMAGES_REDIRECT_REFUSED' })
})

test('gets a bearer token from the realm, and a new one when it has run out', async (t) => {
  let tokens = 0
  const image = testImage([noise])
  const { registry, reference, store } = await setUp(t, {
    image,
    access: { username: 'me', password: 'secret' },
    misbehave: (request, response) => {
      const { host = '', authorization = '' } = request.headers
      if (request.url?.startsWith('/token?') === true) {
        tokens += 1
        response.end(JSON.stringify({ token: `token-${tokens}`, expires_in: 300 }))
        return true
      }
      // The first token is good for the manifest only, as if it ran out then.
      const good = request.url?.includes('/manifests/') === true ? /token-/ : /token-2/
      if (good.test(authorization)) return false
      const challenge = `Bearer realm="http://${host}/token",service="reg",scope="repository:app:pull"`
      response.writeHead(401, { 'www-authenticate': challenge }).end()
      return true
    },
  })
  await store.pull(reference)
  assert.equal(tokens, 2)
  const asked = registry.requests.find(({ path }) => path.startsWith('/token?'))
  assert.equal(asked?.path, '/token?service=reg&scope=repository%3Aapp%3Apull')
  assert.match(asked?.authorization ?? '', /^Basic /)
})

test('says that access is refused, without the password', async (t) => {
  const { reference, store } = await setUp(t, {
    access: { username: 'me', password: 'hunter2' },
    misbehave: (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      return true
    },
  })
  await assert.rejects(store.pull(reference), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'SLIPWAY_IMAGES_UNAUTHORIZED')
    assert.doesNotMatch(JSON.stringify(error) + error.message, /hunter2/)
    return true
  })
})

test('speaks plain HTTP only to registries called insecure', async (t) => {
  const { reference, store } = await setUp(t, { access: { insecure: false } })
  await assert.rejects(store.pull(reference), { code: 'SLIPWAY_IMAGES_REGISTRY_NOT_TLS' })
})

test('stops a decompression bomb at its ratio, and keeps nothing of it', async (t) => {
  const image = testImage([layerTar([{ name: 'zeroes', content: Buffer.alloc(20_000_000) }])])
  const { reference, store, kept } = await setUp(t, {
    image,
    options: { limits: { ratioFromBytes: 1_000_000, ratio: 100 } },
  })
  await assert.rejects(store.pull(reference), { code: 'SLIPWAY_IMAGES_LAYER_TOO_LARGE' })
  assert.deepEqual(await kept(), [])
})

test('leaves nothing behind when a pull is aborted', async (t) => {
  const image = testImage([noise])
  const aborted = new AbortController()
  const { reference, store, kept } = await setUp(t, {
    image,
    misbehave: (request, response) => {
      if (!isLayer(request.url, image)) return false
      response.write(image.blobs[1]?.bytes.subarray(0, 500_000))
      setTimeout(() => aborted.abort(new Error('enough')), 100)
      return true
    },
  })
  await assert.rejects(store.pull(reference, { signal: aborted.signal }), /enough/)
  assert.deepEqual(await kept(), [])
})

const nasty: { name: string; layer: Buffer; path: string }[] = [
  { name: 'a path with ..', layer: layerTar([{ name: 'a/../../evil' }]), path: 'a/../../evil' },
  {
    name: 'a path through a link of its own',
    layer: layerTar([
      { name: 'out', type: 'symbolic link', linkName: '/tmp' },
      { name: 'out/evil', content: 'x' },
    ]),
    path: 'out/evil',
  },
  {
    name: 'a hard link out of the layer',
    layer: layerTar([{ name: 'shadow', type: 'hard link', linkName: '/etc/shadow' }]),
    path: 'shadow',
  },
  {
    name: 'a disk',
    layer: layerTar([{ name: 'dev/sda', type: 'block device', deviceMajor: 8 }]),
    path: 'dev/sda',
  },
  {
    name: 'a forged whiteout',
    layer: layerTar([{ name: 'etc/passwd', type: 'character device' }]),
    path: 'etc/passwd',
  },
]
for (const { name, layer, path } of nasty) {
  test(`refuses a layer with ${name}, and keeps nothing of it`, async (t) => {
    const { reference, store, kept } = await setUp(t, { image: testImage([layer]) })
    await assert.rejects(store.pull(reference), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'SLIPWAY_IMAGES_LAYER_UNSAFE')
      assert.ok(error.message.includes(`"${path}"`), error.message)
      return true
    })
    assert.deepEqual(await kept(), [])
  })
}
