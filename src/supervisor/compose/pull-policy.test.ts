import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configHash } from '../containers/identity.ts'
import { parsePullPolicy } from './pull-policy.ts'
import { parseShop } from './testing/files-in-memory.ts'

const hourMs = 60 * 60 * 1000

describe('the pull policy of a service', () => {
  for (const [text, expected] of [
    ['missing', undefined],
    ['if_not_present', undefined],
    ['always', 'always'],
    ['never', 'never'],
    ['daily', { everyMs: 24 * hourMs }],
    ['weekly', { everyMs: 7 * 24 * hourMs }],
    ['every_12h', { everyMs: 12 * hourMs }],
    ['every_1w2d3h', { everyMs: (9 * 24 + 3) * hourMs }],
    ['every_90s', { everyMs: 90_000 }],
  ] as const)
    it(`is known as ${text}`, () => {
      assert.deepEqual(parsePullPolicy(text), expected)
    })

  for (const [text, message] of [
    ['build', /images are not built on the host/],
    ['sometimes', /expected always, missing, if_not_present, never, daily, weekly or every_/],
    ['every_', /every_12h, found "every_"/],
    ['every_0s', /a second or more/],
    ['every_99999999999w', /a second or more/],
  ] as const)
    it(`is not ${text}`, () => {
      assert.throws(() => parsePullPolicy(text), { name: 'RangeError', message })
    })

  it('makes no other container by itself', () => {
    const [one, other] = ['never', 'daily'].map((policy) => {
      const text = `services: { a: { image: b, pull_policy: ${policy} } }`
      return parseShop({ 'shop.yaml': text }).project?.services[0]
    })
    assert.ok(one && other)
    assert.equal(configHash(one), configHash(other))
  })
})
