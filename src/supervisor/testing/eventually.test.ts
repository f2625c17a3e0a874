import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually, InVain } from './world.ts'

it('what is waited for may fail on its way there', async () => {
  let asked = 0
  await eventually('the third is there', async () => {
    asked += 1
    assert.notEqual(asked, 1, 'the first is gone')
    return asked === 3
  })
  assert.equal(asked, 3)
})

it('what was waited for in vain tells its last failure', async () => {
  await assert.rejects(
    eventually('it is there', () => Promise.reject(new Error('it is gone')), { limitMs: 1 }),
    /waited in vain until it is there: Error: it is gone/,
  )
  await assert.rejects(
    eventually('it is there', async () => false, { limitMs: 1 }),
    /waited in vain until it is there$/,
  )
})

it('what cannot come any more is not waited for', async () => {
  let asked = 0
  const check = () => {
    asked += 1
    return Promise.reject(new InVain('it ended'))
  }
  await assert.rejects(eventually('it is there', check), /it ended/)
  assert.equal(asked, 1)
})
