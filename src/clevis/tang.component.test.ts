import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { readAdvertisement } from './advertisement.ts'
import { compact, type Encrypted, readEncrypted } from './encryption.ts'
import {
  type AskTang,
  advertisementUrl,
  decryptByTang,
  encryptToTang,
  readTangSecret,
} from './tang.ts'
import { startTang, type TangServer } from './testing/tang-server.ts'

const secret = Buffer.from('a secret of 42 characters and\0a byte more')

const ask: AskTang = async (url, body) => {
  const headers = { 'content-type': 'application/jwk+json' }
  const answer = await fetch(url, { method: 'POST', headers, body })
  assert.equal(answer.status, 200, await answer.clone().text())
  return await answer.text()
}

async function advertised({ url }: TangServer): Promise<string> {
  return await (await fetch(advertisementUrl(url))).text()
}

async function bind(server: TangServer, thumbprint = server.thumbprint()): Promise<Encrypted> {
  const advertisement = readAdvertisement(await advertised(server), server.url, thumbprint)
  return encryptToTang(secret, server.url, advertisement)
}

async function open(encrypted: unknown): Promise<Buffer> {
  const read = readEncrypted(encrypted)
  assert.ok(read)
  return await decryptByTang(readTangSecret(read), ask)
}

function clevis(parameters: readonly string[], input: string | Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer' as const }
    const child = execFile('clevis', parameters, options, (error, output, said) => {
      if (error === null) resolve(output)
      else reject(new Error(`${error.message}\n${said}`))
    })
    child.stdin?.end(input)
  })
}

test('a real tang server gives a secret back, also after its keys were rotated', async () => {
  await using server = await startTang()
  const encrypted = compact(await bind(server))
  assert.deepEqual(await open(encrypted), secret)
  server.rotate()
  assert.deepEqual(await open(encrypted), secret)
  server.forget()
  await assert.rejects(open(encrypted), /404/)
})

test('clevis opens what was bound here', async () => {
  await using server = await startTang()
  const encrypted = compact(await bind(server))
  assert.deepEqual(await clevis(['decrypt'], encrypted), secret)
})

test('what clevis bound is opened here', async () => {
  await using server = await startTang()
  for (const hash of ['sha256', 'sha1'] as const) {
    const settings = JSON.stringify({ url: server.url, thp: server.thumbprint(hash) })
    const bound = await clevis(['encrypt', 'tang', settings], secret)
    assert.deepEqual(await open(bound.toString()), secret)
  }
})

test('a server is known by its thumbprint of either hash, and by none that was rotated', async () => {
  await using server = await startTang()
  const [old, older] = [server.thumbprint(), server.thumbprint('sha1')]
  await bind(server, older)
  server.rotate()
  for (const thumbprint of [old, older, 'x'])
    await assert.rejects(bind(server, thumbprint), (error: unknown) => {
      assert.ok(isSlipwayError(error, 'SLIPWAY_TANG_THUMBPRINT'))
      assert.match(error.message, new RegExp(server.thumbprint()))
      return true
    })
})

test('an advertisement that was changed is refused, whatever was changed', async () => {
  await using server = await startTang()
  await using other = await startTang()
  const text = await advertised(server)
  const [real, foreign] = [JSON.parse(text), JSON.parse(await advertised(other))]
  const changes: [text: string, reason: RegExp][] = [
    ['', /no signed JSON/],
    ['<html>', /no signed JSON/],
    [JSON.stringify({ ...real, payload: 'e30' }), /no keys/],
    [JSON.stringify({ ...real, payload: foreign.payload }), /not signed by the keys/],
    [JSON.stringify({ payload: real.payload, signatures: [] }), /not signed by the keys/],
  ]
  for (const [changed, reason] of changes)
    assert.throws(
      () => readAdvertisement(changed, server.url, server.thumbprint()),
      (error: unknown) => {
        assert.ok(isSlipwayError(error, 'SLIPWAY_TANG_ADVERTISEMENT'))
        assert.match(error.message, reason)
        return true
      },
    )
})
