import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Waiters } from './waiters.ts'

const never = new AbortController().signal
const result = { exitCode: 3, error: '' }

describe('those who wait for a container', () => {
  it('are told by what they wait for, and that of a restart no end yet', async () => {
    const waiters = new Waiters()
    const told: string[] = []
    for (const condition of ['next-exit', 'not-running', 'removed'] as const)
      void waiters.next('a', condition, never).then(() => told.push(condition))
    const happens = async (what: () => void) => {
      what()
      await Promise.resolve()
      return told.splice(0)
    }
    assert.deepEqual(await happens(() => waiters.ended('b', result, true)), [])
    assert.deepEqual(await happens(() => waiters.ended('a', result, false)), ['next-exit'])
    assert.deepEqual(await happens(() => waiters.ended('a', result, true)), ['not-running'])
    assert.deepEqual(await happens(() => waiters.removed('a', result)), ['removed'])
  })

  it('get the exit code', async () => {
    const waiters = new Waiters()
    const waiting = waiters.next('a', 'removed', never)
    waiters.removed('a', result)
    assert.deepEqual(await waiting, result)
  })
})
