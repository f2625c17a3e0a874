import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, ratio, row, verdicts } from './rows.ts'

test('the median is the middle sample, or the mean of the two middle ones', () => {
  assert.equal(median([30, 10, 20]), 20)
  assert.equal(median([40, 10, 30, 20]), 25)
  assert.equal(median([7]), 7)
  assert.equal(median([]), undefined)
})

test('a ratio needs both sides', () => {
  assert.equal(ratio({ ours: [10], peer: [40] }), 0.25)
  assert.equal(ratio({ ours: [10], peer: [] }), undefined)
  assert.equal(ratio({ ours: [], peer: [40] }), undefined)
})

test('an aim is reached at exactly its share, and missed above it', () => {
  const reached = row('boot', 'boot', 'ms', { ours: [20], peer: [40] }, { share: 0.5 })
  const missed = row('build', 'build', 'ms', { ours: [21], peer: [40] }, { share: 0.5 })
  assert.deepEqual(
    verdicts([reached, missed]).map(({ row, isReached }) => [row.title, isReached]),
    [
      ['boot', true],
      ['build', false],
    ],
  )
})

test('rows without an aim, or without a peer, get no verdict', () => {
  const rows = [
    row('sizes', 'a', 'bytes', { ours: [1], peer: [2] }),
    row('sizes', 'b', 'bytes', { ours: [1] }, { share: 0.5 }),
  ]
  assert.deepEqual(verdicts(rows), [])
})

test('a limit is held against our own median, with or without a peer', () => {
  const samples = { ours: [19_000, 25_000, 20_000] }
  const [verdict] = verdicts([row('build', 'rebuild', 'ms', samples, { limit: 20_000 })])
  assert.equal(verdict?.isReached, true)
  assert.equal(verdict?.actual, 20_000)
})
