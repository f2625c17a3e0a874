import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freeName } from './names.ts'

test('a container without a name gets two words', () => {
  assert.match(
    freeName(() => false),
    /^[a-z]+_[a-z]+$/,
  )
})

test('more containers than there are words get names of their own', () => {
  const names = new Set<string>()
  for (let count = 0; count < 3000; count += 1) names.add(freeName((name) => names.has(name)))
  assert.equal(names.size, 3000)
  for (const name of names) assert.match(name, /^[a-z]+_[a-z]+\d*$/)
})
