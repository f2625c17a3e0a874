import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, coordinates, curveNamed, generateKey, pointOf, pointsAt } from './curve.ts'
import { isThumbprintOf, pointOfJwk, thumbprint } from './jwk.ts'

const names = ['P-256', 'P-384', 'P-521']

function curve(name: string) {
  const found = curveNamed(name)
  assert.ok(found)
  return found
}

for (const name of names)
  test(`sums of points of ${name} are on it, in whatever order they are made`, () => {
    const [a, b] = [generateKey(curve(name)).point, generateKey(curve(name)).point]
    const sum = add(a, b)
    assert.ok(sum)
    assert.deepEqual(add(b, a), sum)
    assert.deepEqual(pointOf(curve(name), ...coordinates(sum)), sum)
    const double = add(a, a)
    assert.ok(double)
    assert.deepEqual(pointOf(curve(name), ...coordinates(double)), double)
    const once = add(sum, a)
    assert.ok(once)
    assert.deepEqual(once, add(double, b))
  })

test('both points of an x coordinate are found, and their sum is infinity', () => {
  const { point } = generateKey(curve('P-521'))
  const [x] = coordinates(point)
  const [first, second] = pointsAt(point.curve, x ?? Buffer.of())
  assert.ok(first && second)
  assert.ok([first.y, second.y].includes(point.y))
  assert.equal(add(first, second), undefined)
})

test('a product is the same from both sides', () => {
  const [a, b] = [generateKey(curve('P-384')), generateKey(curve('P-384'))]
  assert.deepEqual(a.multiply(b.point), b.multiply(a.point))
})

/** RFC 7517, A.1. */
const known = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
}

const strangers: [what: string, key: unknown][] = [
  ['a point beside the curve', { ...known, y: known.x }],
  ['coordinates of another curve', { ...known, crv: 'P-384' }],
  ['a curve that nobody knows', { ...known, crv: 'secp256k1' }],
  ['a coordinate that is cut', { ...known, x: known.x.slice(0, 40) }],
  ['a coordinate with padding', { ...known, x: `${known.x}=` }],
  ['the origin', { ...known, x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ['another kind of key', { ...known, kty: 'oct' }],
  ['no key', null],
]
for (const [what, key] of strangers)
  test(`${what} is no key`, () => {
    assert.equal(pointOfJwk(key), undefined)
  })

test('a key is known by its thumbprint, as RFC 7638 has it, of either hash', () => {
  const point = pointOfJwk({ ...known, use: 'enc', kid: '1' })
  assert.ok(point)
  assert.equal(thumbprint(point), 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s')
  assert.ok(isThumbprintOf(thumbprint(point), point))
  assert.ok(isThumbprintOf(thumbprint(point, 'sha1'), point))
  assert.ok(!isThumbprintOf('', point))
})
