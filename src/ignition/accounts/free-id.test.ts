import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freeId, freeIdLike } from './free-id.ts'

const range = { min: 10, max: 13 }

const cases: [used: number[], person: number | undefined, system: number | undefined][] = [
  [[], 10, 13],
  [[1, 20], 10, 13],
  [[11], 12, 10],
  [[10], 11, 13],
  [[13], 10, 12],
  [[10, 13], 11, 12],
  [[10, 11, 12, 13], undefined, undefined],
]
for (const [used, person, system] of cases)
  test(`of 10 to 13 without ${used.join(', ') || 'any'}, a person gets ${person}, the system ${system}`, () => {
    assert.equal(freeId(new Set(used), range, false), person)
    assert.equal(freeId(new Set(used), range, true), system)
  })

test('nobody gets the number that stands for none', () => {
  assert.equal(freeId(new Set(), { min: 65535, max: 65536 }, false), 65536)
  assert.equal(freeId(new Set(), { min: 65534, max: 65535 }, true), 65534)
})

test('a group gets its user’s number where that is in the range and free', () => {
  assert.equal(freeIdLike(12, new Set(), range, false), 12)
  assert.equal(freeIdLike(12, new Set([12]), range, false), 13)
  assert.equal(freeIdLike(2000, new Set(), range, false), 10)
  assert.equal(freeIdLike(5, new Set(), range, true), 5)
})
