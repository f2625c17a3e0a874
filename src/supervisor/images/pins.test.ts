import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pins } from './pins.ts'

test('a layer stays pinned until the last of those that want it is done', () => {
  const pins = new Pins()
  const first = pins.take(['a', 'b'])
  const second = pins.take(['b'])
  first()
  assert.deepEqual([...pins.all()], ['b'])
  second()
  assert.equal(pins.has('b'), false)
})

test('layers are free again when what was done with them failed', async () => {
  const pins = new Pins()
  const failing = pins.during(['a'], async () => {
    assert.ok(pins.has('a'))
    throw new Error('no space')
  })
  await assert.rejects(failing, /no space/)
  assert.deepEqual([...pins.all()], [])
})
