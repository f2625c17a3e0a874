import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slots } from './slots.ts'

test('a task that leaves its slot lets the next begin, and no more than that', async () => {
  const slots = new Slots(1)
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  const begun: string[] = []
  const all = Promise.all([
    slots.run(async (leave) => {
      begun.push('first')
      leave()
      leave()
      await first.promise
    }),
    slots.run(async () => {
      begun.push('second')
      await second.promise
    }),
    slots.run(async () => void begun.push('third')),
  ])
  await new Promise(setImmediate)
  assert.deepEqual(begun, ['first', 'second'])
  first.resolve()
  await new Promise(setImmediate)
  assert.deepEqual(begun, ['first', 'second'])
  second.resolve()
  await all
  assert.deepEqual(begun, ['first', 'second', 'third'])
})
