import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imagesErrors } from '../errors/images.ts'
import { defaultRetryPolicy, delayBefore, nextDelay, PassingAnswer, retryAfterMs } from './retry.ts'

const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
const report = imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_FAILED')

test('doubles the wait up to its limit', () => {
  const waits = [2, 3, 4, 12].map((attempt) => delayBefore(attempt, defaultRetryPolicy, 1))
  assert.deepEqual(waits, [500, 1000, 2000, 20_000])
  assert.equal(delayBefore(2, defaultRetryPolicy, 0), 250)
})

test('tries again after failures that pass, as often as allowed', () => {
  assert.ok((nextDelay(reset, 4, defaultRetryPolicy) ?? 0) > 0)
  assert.equal(nextDelay(reset, 5, defaultRetryPolicy), undefined)
  const noName = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  assert.equal(nextDelay(noName, 1, defaultRetryPolicy), undefined)
  assert.equal(nextDelay(report, 1, defaultRetryPolicy), undefined)
})

test('waits as long as Retry-After says, unless that is too long', () => {
  assert.equal(nextDelay(new PassingAnswer(report, 90_000), 1, defaultRetryPolicy), 90_000)
  assert.equal(nextDelay(new PassingAnswer(report, 900_000), 1, defaultRetryPolicy), undefined)
})

test('reads Retry-After as seconds or as a date', () => {
  const now = new Date('2026-01-01T00:00:00Z')
  assert.equal(retryAfterMs('7', now), 7000)
  assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', now), 60_000)
  assert.equal(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now), 0)
  assert.equal(retryAfterMs('soon', now), undefined)
  assert.equal(retryAfterMs(undefined, now), undefined)
})
