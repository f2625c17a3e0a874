import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { hostPlatform } from '../images/platform.ts'
import { ImageStore } from '../images/store.ts'
import { findStored } from '../images/stored-image.ts'
import { Cleanup } from '../images/testing/cleanup.ts'
import { layerTar } from '../images/testing/layer-tar.ts'
import { requiredProgram } from '../images/testing/programs.ts'
import { passwordOfMe, selfSigned, startRegistry } from '../images/testing/real-registry.ts'
import { push, type TestImage, testImage, testIndex } from '../images/testing/test-image.ts'
import { signatureTag } from './cosign-signatures.ts'
import { ImagePolicy } from './policy.ts'
import type { Rule } from './rule.ts'
import { bundleManifest, bundleOf, payloadOf, referrers, signatures } from './testing/cosign.ts'

const image = testImage([layerTar([{ name: 'file', content: 'signed' }])])
const other = testImage([layerTar([{ name: 'file', content: 'another' }])])
const { digest } = image.manifest

const keys = {
  ecdsa: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed25519: generateKeyPairSync('ed25519'),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** A registry with a password and a certificate, and a host whose policy wants signatures of `shop`. */
async function setUp(context: TestContext) {
  const cleanup = new Cleanup(context)
  const directory = await cleanup.directory()
  const tls = await selfSigned(directory)
  const htpasswd = join(directory, 'htpasswd')
  await writeFile(htpasswd, passwordOfMe)
  const auth = `  htpasswd: { realm: test, path: ${htpasswd} }\n`
  const storage = join(directory, 'registry')
  const host = await startRegistry(cleanup, { directory, storage, auth, tls })
  // The way in for the test, to the same content.
  const inside = await startRegistry(cleanup, { directory, storage })
  const keyFiles: string[] = []
  for (const [name, { publicKey }] of Object.entries(keys)) {
    const file = join(directory, `${name}.pub`)
    await writeFile(file, publicKey.export({ type: 'spki', format: 'pem' }))
    keyFiles.push(file)
  }
  const pushed = async (repository: string, tag: string, content: TestImage) =>
    await push(inside, repository, tag, content)
  const shop = (files = keyFiles, anyRepository = false): Rule => ({
    scope: `${host}/shop`,
    require: { kind: 'cosign', keyFiles: files, anyRepository },
  })
  const state = join(directory, 'state')
  const openStore = async (rules: readonly Rule[] = [shop()], errors: string[] = []) => {
    const store = await ImageStore.open({
      directory: state,
      registries: {
        [host]: { username: 'me', password: 'secret', certificateAuthority: tls.authority },
      },
      policy: await ImagePolicy.load(rules, { error: (message) => errors.push(message) }),
      tar: requiredProgram('tar', 'tar'),
      retries: { attempts: 1 },
    })
    cleanup.defer(async () => store.close())
    return store
  }
  const kept = async () => {
    const parts = ['images', 'layers', 'staging', 'partial']
    return (await Promise.all(parts.map((name) => readdir(join(state, name))))).flat()
  }
  await pushed('shop/web', '1', image)
  return { host, directory, keyFiles, pushed, shop, openStore, kept, name: `${host}/shop/web:1` }
}

describe('an image that has to be signed', () => {
  for (const [kind, { privateKey }] of Object.entries(keys))
    it(`is used when one of the keys signed it, such as one of ${kind}`, async (context) => {
      const { host, pushed, openStore, name } = await setUp(context)
      const payload = payloadOf(`${host}/shop/web`, digest)
      const strange = payloadOf(`${host}/shop/web`, digest)
      const made = signatures({ key: stranger, payload: strange }, { key: privateKey, payload })
      await pushed('shop/web', signatureTag(digest), made)
      const store = await openStore()
      assert.equal((await store.pull(name)).manifestDigest, digest)
      assert.equal((await store.find(name))?.manifestDigest, digest)
      assert.equal((await store.pull(`${host}/shop/web@${digest}`)).manifestDigest, digest)
    })

  it('is used when its index was signed', async (context) => {
    const { host, pushed, openStore } = await setUp(context)
    const index = testIndex([{ image, platform: { ...hostPlatform() } }])
    await pushed('shop/web', 'many', index)
    const payload = payloadOf(`${host}/shop/web`, index.manifest.digest)
    const made = signatures({ key: keys.ecdsa.privateKey, payload })
    await pushed('shop/web', signatureTag(index.manifest.digest), made)
    const store = await openStore()
    assert.equal((await store.pull(`${host}/shop/web:many`)).manifestDigest, digest)
  })

  const { privateKey } = keys.ecdsa
  const bad: {
    name: string
    made: (host: string) => { key: KeyObject; payload: Buffer; stored?: Buffer }[]
    reason: RegExp
  }[] = [
    {
      name: 'nobody signed it',
      made: () => [],
      reason: /it has no signature \(sha256-[0-9a-f]{64}\.sig\)/,
    },
    {
      name: 'somebody else signed it',
      made: (host) => [{ key: stranger, payload: payloadOf(`${host}/shop/web`, digest) }],
      reason: /a signature is by none of the keys/,
    },
    {
      name: 'what was signed was changed',
      made: (host) => [
        {
          key: privateKey,
          payload: payloadOf(`${host}/shop/web`, other.manifest.digest),
          stored: payloadOf(`${host}/shop/web`, digest),
        },
      ],
      reason: /a signature is by none of the keys/,
    },
    {
      name: 'the signature is of another image',
      made: (host) => [
        { key: privateKey, payload: payloadOf(`${host}/shop/web`, other.manifest.digest) },
      ],
      reason: new RegExp(`it signs ${other.manifest.digest}`),
    },
    {
      name: 'it was signed for another repository',
      made: (host) => [{ key: privateKey, payload: payloadOf(`${host}/shop/db`, digest) }],
      reason: /it signs an image that is called ".*\/shop\/db"/,
    },
    {
      name: 'it was signed by another tag',
      made: (host) => [{ key: privateKey, payload: payloadOf(`${host}/shop/web:2`, digest) }],
      reason: /it signs an image that is called ".*\/shop\/web:2"/,
    },
  ]
  for (const { name, made, reason } of bad)
    it(`is refused when ${name}, and nothing of it is unpacked`, async (context) => {
      const { host, pushed, openStore, kept, name: wanted } = await setUp(context)
      const all = made(host)
      if (all.length > 0) await pushed('shop/web', signatureTag(digest), signatures(...all))
      const store = await openStore()
      await assert.rejects(
        store.pull(wanted),
        (error: Error & { code?: string; next?: string }) => {
          assert.equal(error.code, 'SLIPWAY_IMAGES_REFUSED_BY_POLICY')
          assert.match(error.message, reason)
          assert.match(
            error.message,
            /by the rule for .*\/shop in images\.policy \(require: cosign\)/,
          )
          assert.match(error.next ?? '', /signed by one of the keys/)
          return true
        },
      )
      assert.deepEqual(await kept(), [])
    })

  it('may be signed for another repository, or in a bundle that names none, where the rule says so', async (context) => {
    const { host, pushed, shop, openStore, kept, name } = await setUp(context)
    const sign = async (tag: string, signed: TestImage, ...bundles: Buffer[]) => {
      const made = bundles.map((bundle) => bundleManifest(bundle, signed.manifest))
      for (const [at, manifest] of made.entries())
        await pushed('shop/web', `${tag}-${at}`, manifest)
      const list = referrers(...made.map(({ manifest }) => manifest))
      await pushed('shop/web', signed.manifest.digest.replace(':', '-'), list)
    }
    const refusal = { code: 'SLIPWAY_IMAGES_REFUSED_BY_POLICY' }
    const store = await openStore([shop(undefined, true)])
    await assert.rejects(store.pull(name), { ...refusal, message: /it has no signature/ })
    await sign(
      'bad',
      image,
      bundleOf(stranger, digest),
      bundleOf(privateKey, other.manifest.digest),
    )
    await assert.rejects(store.pull(name), {
      ...refusal,
      message: new RegExp(`by none of the keys; it signs ${other.manifest.digest}`),
    })
    await sign('built', image, bundleOf(privateKey, digest, 'https://slsa.dev/provenance/v1'))
    await assert.rejects(store.pull(name), { ...refusal, message: /slsa.* is no signature/ })
    assert.deepEqual(await kept(), [])

    await sign('good', image, bundleOf(stranger, digest), bundleOf(privateKey, digest))
    assert.equal((await store.pull(name)).manifestDigest, digest)
    assert.equal((await store.find(name))?.manifestDigest, digest)
    const strict = await openStore()
    await assert.rejects(strict.pull(name), { ...refusal, message: /it has no signature/ })

    await pushed('shop/other', '1', other)
    const payload = payloadOf('elsewhere.example/app', other.manifest.digest)
    const tag = signatureTag(other.manifest.digest)
    await pushed('shop/other', tag, signatures({ key: privateKey, payload }))
    assert.ok(await store.pull(`${host}/shop/other:1`))
    await assert.rejects(strict.pull(`${host}/shop/other:1`), refusal)
  })

  it('is refused when its key is not there, which is told at the start', async (context) => {
    const { host, directory, pushed, shop, openStore, name } = await setUp(context)
    const payload = payloadOf(`${host}/shop/web`, digest)
    await pushed('shop/web', signatureTag(digest), signatures({ key: privateKey, payload }))
    const errors: string[] = []
    const missing = join(directory, 'missing.pub')
    const store = await openStore([shop([missing])], errors)
    assert.match(errors[0] ?? '', /^the key .*missing\.pub of images\.policy: ENOENT/)
    await assert.rejects(store.pull(name), {
      code: 'SLIPWAY_IMAGES_REFUSED_BY_POLICY',
      message: /the key .*missing\.pub cannot be used/,
    })
  })

  it('is not used for being here: not from before the rule, by another name, nor when its key is gone', async (context) => {
    const { host, keyFiles, pushed, shop, openStore, name } = await setUp(context)
    const before = await openStore([])
    await before.pull(name)
    const store = await openStore()
    assert.equal(await store.find(name), undefined)
    const unsigned = findStored(await store.images(), name)
    assert.ok(unsigned)
    assert.throws(() => store.requireAllowed(unsigned, name), {
      code: 'SLIPWAY_IMAGES_REFUSED_BY_POLICY',
      message: /no signature of it was verified/,
    })
    const payload = payloadOf(`${host}/shop/web`, digest)
    await pushed('shop/web', signatureTag(digest), signatures({ key: privateKey, payload }))
    await store.pull(name)
    const signed = findStored(await store.images(), name)
    assert.ok(signed)
    store.requireAllowed(signed, name)
    store.requireAllowed(signed, signed.id)

    await store.tag(signed, `${host}/shop/db:1`)
    await store.tag(signed, 'free:1')
    const tagged = findStored(await store.images(), name)
    assert.ok(tagged)
    store.requireAllowed(tagged, 'free:1')
    assert.throws(() => store.requireAllowed(tagged, `${host}/shop/db:1`), /no signature of it/)
    assert.equal(await store.find(`${host}/shop/db:1`), undefined)

    const later = await openStore([shop(keyFiles.filter((file) => !file.includes('ecdsa')))])
    assert.equal(await later.find(name), undefined)
  })

  it('needs no signature where the rule is another one', async (context) => {
    const { host, pushed, openStore } = await setUp(context)
    await pushed('free/app', '1', image)
    const rules: Rule[] = [
      { scope: host, require: { kind: 'refused' } },
      { scope: `${host}/free`, require: { kind: 'digest' } },
    ]
    const store = await openStore(rules)
    await assert.rejects(store.pull(`${host}/shop/web:1`), {
      code: 'SLIPWAY_IMAGES_REFUSED_BY_POLICY',
      message: /\(require: refused\): no image of it is used/,
    })
    await assert.rejects(store.pull(`${host}/free/app:1`), {
      code: 'SLIPWAY_IMAGES_REFUSED_BY_POLICY',
      message: /\(require: digest\): it is not named by its digest/,
    })
    assert.equal((await store.pull(`${host}/free/app@${digest}`)).manifestDigest, digest)
  })
})
