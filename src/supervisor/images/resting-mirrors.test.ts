import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RestingMirrors } from './resting-mirrors.ts'

test('a mirror rests for a minute, and no other one does', () => {
  let now = 1_000_000
  const resting = new RestingMirrors(() => now)
  resting.rest('https://m.example')
  now += 59_999
  assert.ok(resting.has('https://m.example'))
  assert.ok(!resting.has('https://other.example'))
  now += 1
  assert.ok(!resting.has('https://m.example'))
})
