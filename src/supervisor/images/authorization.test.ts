import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseToken, replyTo } from './authorization.ts'
import { parseChallenges } from './challenge.ts'

const name = { registry: 'reg.example', repository: 'team/app' }

test('reads several challenges with quoted and plain values', () => {
  const header =
    'Basic realm="a, \\"b\\"", Bearer realm="https://t.example/x",service=reg,scope="a:b:pull,push"'
  assert.deepEqual(parseChallenges(header), [
    { scheme: 'basic', parameters: { realm: 'a, "b"' } },
    {
      scheme: 'bearer',
      parameters: { realm: 'https://t.example/x', service: 'reg', scope: 'a:b:pull,push' },
    },
  ])
})

test('asks for a token without credentials when there are none', () => {
  const reply = replyTo('Bearer realm="https://t.example/token?x=1",service="reg"', name, {})
  assert.equal(reply.kind, 'token')
  if (reply.kind !== 'token') return
  const { url, headers } = reply.request
  assert.equal(
    url.href,
    'https://t.example/token?x=1&service=reg&scope=repository%3Ateam%2Fapp%3Apull',
  )
  assert.deepEqual(headers, {})
})

test('refuses a token realm by plain HTTP unless the registry is called insecure', () => {
  const header = 'Bearer realm="http://t.example/token"'
  const access = { username: 'me', password: 'secret' }
  assert.throws(() => replyTo(header, name, access), { code: 'SLIPWAY_IMAGES_REGISTRY_PROTOCOL' })
  assert.equal(replyTo(header, name, { ...access, insecure: true }).kind, 'token')
})

test('gives up when only credentials would help and there are none', () => {
  assert.deepEqual(replyTo('Basic realm="x"', name, {}), { kind: 'none' })
  assert.deepEqual(replyTo('', name, { username: 'a', password: 'b' }), { kind: 'none' })
})

test('takes a token by either name, with the default life when none is told', () => {
  assert.deepEqual(parseToken('{"token":"t","expires_in":300}', 'r', 1000), {
    value: 't',
    expiresAtMs: 301_000,
  })
  assert.deepEqual(parseToken('{"access_token":"u"}', 'r', 0), { value: 'u', expiresAtMs: 60_000 })
  for (const body of ['', '[]', '{"token":5}', '{"token":"a\\r\\nb"}']) {
    assert.throws(() => parseToken(body, 'r', 0), { code: 'SLIPWAY_IMAGES_REGISTRY_PROTOCOL' })
  }
})
