import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { type Encrypted, encrypt } from './encryption.ts'
import { firstOf } from './secret.ts'
import { combine, encryptToSeveral, readShared } from './sharing.ts'

const secret = Buffer.from('the secret')

/** Encrypts by shares that are only kept. */
async function share(threshold: number, holders: number) {
  const shares: Buffer[] = []
  const keep = (part: Buffer): Encrypted => {
    shares.push(part)
    return encrypt(part, Buffer.alloc(32), { enc: 'A256GCM' })
  }
  const encrypted = await encryptToSeveral(secret, threshold, Array(holders).fill(keep))
  return { encrypted, shared: readShared(encrypted), shares }
}

test('as many shares as it takes give the secret, whichever they are, and fewer do not', async () => {
  const { encrypted, shared, shares } = await share(3, 5)
  assert.equal(shared.threshold, 3)
  assert.equal(shared.shares.length, 5)
  const [a, b, c, d, e] = shares
  assert.ok(a && b && c && d && e)
  for (const some of [
    [a, b, c],
    [e, c, a],
    [b, d, e],
    [a, b, c, d, e],
  ])
    assert.deepEqual(combine(encrypted, shared, some), secret)
  for (const few of [[], [a], [a, b], [a, b, b]])
    assert.equal(combine(encrypted, shared, few), undefined)
  const foreign = (await share(3, 5)).shares
  assert.equal(combine(encrypted, shared, [a, b, ...foreign.slice(0, 1)]), undefined)
})

test('shares that are not whole are told apart', async () => {
  const { encrypted } = await share(1, 1)
  const { header } = encrypted
  const good = header.clevis as { sss: object }
  for (const change of [{ t: 0 }, { t: '1' }, { p: 'AAAA' }, { p: 1 }, { jwe: ['x'] }]) {
    const changed = { ...header, clevis: { pin: 'sss', sss: { ...good.sss, ...change } } }
    assert.throws(
      () => readShared({ ...encrypted, header: changed }),
      (error) => isSlipwayError(error, 'SLIPWAY_CLEVIS_SECRET'),
      JSON.stringify(change),
    )
  }
})

test('the first ones count, and the others are ended', async () => {
  const ended: string[] = []
  const waits = (name: string) => (signal: AbortSignal) =>
    new Promise<string>((_, reject) => {
      signal.addEventListener('abort', () => {
        ended.push(name)
        reject(signal.reason)
      })
    })
  const gives = (name: string) => async () => name
  const fails = (reason: string) => () => Promise.reject(new Error(reason))
  const got = await firstOf([waits('a'), gives('b'), fails('c'), gives('d')], 2)
  assert.deepEqual(got, ['b', 'd'])
  assert.deepEqual(ended, ['a'])
  await assert.rejects(firstOf([fails('only')], 1), /^Error: only$/)
  await assert.rejects(firstOf([fails('x'), waits('e'), fails('y')], 2), /takes 2 .*: x; y/)
  assert.deepEqual(ended, ['a', 'e'])
  await assert.rejects(firstOf([], 1), /takes 1/)
})
