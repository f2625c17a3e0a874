import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dependantsOf } from './plan/stop-order.ts'
import { stopInOrder } from './stop-in-order.ts'

const chain = [
  { key: 'db', dependsOn: [] },
  { key: 'api', dependsOn: ['db'] },
  { key: 'web', dependsOn: ['api'] },
  { key: 'other', dependsOn: [] },
]
const never = new AbortController().signal

/** Stops that end when the test says so. */
function stops() {
  const begun: string[] = []
  const ends = new Map<string, PromiseWithResolvers<void>>()
  return {
    begun,
    stop: (key: string) => {
      const end = Promise.withResolvers<void>()
      ends.set(key, end)
      begun.push(key)
      return end.promise
    },
    ended: async (key: string) => {
      ends.get(key)?.resolve()
      await settled()
    },
    failed: async (key: string, error: Error) => {
      ends.get(key)?.reject(error)
      await settled()
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('the order of a shutdown', () => {
  it('has each service wait for all that depend on it, directly or not', () => {
    const dependants = dependantsOf(chain)
    assert.deepEqual([...(dependants.get('db') ?? [])].sort(), ['api', 'web'])
    assert.deepEqual([...(dependants.get('api') ?? [])], ['web'])
    assert.deepEqual([...(dependants.get('web') ?? [])], [])
  })

  it('has nobody wait in a ring that old records make, and leaves out what is not there', () => {
    const ring = dependantsOf([
      { key: 'a', dependsOn: ['b'] },
      { key: 'b', dependsOn: ['a', 'gone'] },
      { key: 'c', dependsOn: ['a'] },
    ])
    assert.deepEqual(
      [...ring].map(([key, found]) => [key, [...found]]),
      [
        ['a', ['c']],
        ['b', ['c']],
        ['c', []],
      ],
    )
  })

  it('stops dependants first, and at once what has nothing to do with each other', async () => {
    const { begun, stop, ended } = stops()
    const done = stopInOrder(chain, stop, never)
    await settled()
    assert.deepEqual(begun.toSorted(), ['other', 'web'])
    await ended('web')
    assert.deepEqual(begun.slice(2), ['api'])
    await ended('other')
    await ended('api')
    assert.deepEqual(begun.slice(3), ['db'])
    await ended('db')
    assert.equal((await done).size, 0)
  })

  it('goes on after one that could not be stopped, and tells of it', async () => {
    const { begun, stop, ended, failed } = stops()
    const done = stopInOrder(chain, stop, never)
    await settled()
    const reason = new Error('in uninterruptible sleep')
    await failed('web', reason)
    assert.ok(begun.includes('api'))
    for (const key of ['other', 'api', 'db']) await ended(key)
    assert.deepEqual([...(await done)], [['web', reason]])
  })

  it('waits for nobody when the time is up', async () => {
    const { begun, stop, ended } = stops()
    const timeUp = new AbortController()
    const done = stopInOrder(chain, stop, timeUp.signal)
    await settled()
    timeUp.abort()
    await settled()
    assert.deepEqual(begun.toSorted(), ['api', 'db', 'other', 'web'])
    for (const key of begun) await ended(key)
    assert.equal((await done).size, 0)
  })
})
