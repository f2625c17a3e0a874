import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { curveNamed, generateKey, type Point, pointsAt } from './curve.ts'
import { compact, decrypt, encrypt, readEncrypted } from './encryption.ts'
import { jwkOf, pointOfJwk } from './jwk.ts'
import { type AskTang, decryptByTang, encryptToTang, readTangSecret } from './tang.ts'

const secret = Buffer.from('the secret')
const url = 'http://tang.example/'

function keyOn(name: string) {
  const curve = curveNamed(name)
  assert.ok(curve)
  return generateKey(curve)
}

/** The half of the exchange that a server does. */
function answering(key: ReturnType<typeof keyOn>): AskTang {
  return async (_, body) => {
    const asked = pointOfJwk(JSON.parse(body))
    assert.ok(asked)
    const [product] = pointsAt(asked.curve, key.multiply(asked))
    assert.ok(product)
    return JSON.stringify({ alg: 'ECMR', key_ops: ['deriveKey'], ...jwkOf(product) })
  }
}

function bind(point: Point) {
  return encryptToTang(secret, url, { keys: { keys: [jwkOf(point)] }, exchangeKey: point })
}

for (const name of ['P-256', 'P-384', 'P-521'])
  test(`a secret comes back by an exchange on ${name}, and the server does not see it`, async () => {
    const server = keyOn(name)
    const encrypted = readEncrypted(compact(bind(server.point)))
    assert.ok(encrypted)
    const asked: [string, string][] = []
    const ask: AskTang = async (place, body) => {
      asked.push([place, body])
      return await answering(server)(place, body)
    }
    const known = readTangSecret(encrypted)
    assert.deepEqual(await decryptByTang(known, ask), secret)
    assert.deepEqual(await decryptByTang(known, ask), secret)
    const [[place, first] = [], [, second] = []] = asked
    assert.equal(place, `http://tang.example/rec/${known.kid}`)
    // Blinded anew each time: the server cannot tell one volume from another.
    assert.notEqual(first, second)
    for (const body of [first ?? '', second ?? ''])
      assert.ok(!body.includes(jwkOf(known.clientKey).x))
  })

const server = keyOn('P-521')
const answers: [what: string, answer: string, reason: RegExp][] = [
  ['no JSON', '<html>', /no point/],
  ['nothing', '', /no point/],
  [
    'a point beside the curve',
    JSON.stringify({ ...jwkOf(server.point), y: jwkOf(server.point).x }),
    /no point/,
  ],
  ['a point of another curve', JSON.stringify(jwkOf(keyOn('P-256').point)), /it is on P-256/],
  ['some other point', JSON.stringify(jwkOf(keyOn('P-521').point)), /another key/],
  ['the server’s key itself', JSON.stringify(jwkOf(server.point)), /another key/],
]
for (const [what, answer, reason] of answers)
  test(`an answer that is ${what} is refused`, async () => {
    const known = readTangSecret(bind(server.point))
    await assert.rejects(
      decryptByTang(known, async () => answer),
      (error: unknown) => {
        assert.ok(isSlipwayError(error, 'SLIPWAY_TANG_ANSWER'))
        assert.match(error.message, reason)
        return true
      },
    )
  })

test('a secret whose keys do not belong together is refused before the server is asked', () => {
  const { header } = bind(server.point)
  const changes: [field: string, value: unknown][] = [
    ['kid', 'x'],
    ['epk', jwkOf(keyOn('P-256').point)],
    ['epk', undefined],
    ['alg', 'dir'],
    ['clevis', { pin: 'tang', tang: { url } }],
    ['clevis', { pin: 'tang' }],
  ]
  for (const [field, value] of changes) {
    const changed = encrypt(secret, Buffer.alloc(32), { ...header, [field]: value })
    assert.throws(
      () => readTangSecret(changed),
      (error) => isSlipwayError(error, 'SLIPWAY_CLEVIS_SECRET'),
      field,
    )
  }
  assert.equal(decrypt(bind(server.point), Buffer.alloc(32)), undefined)
})
