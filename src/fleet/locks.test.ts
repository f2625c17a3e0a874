import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { holdersOf, type Locks, lock, unlock } from './locks.ts'

const slots = new Map([
  ['web', 2],
  ['db', 1],
])
const now = '2026-01-15T04:00:00Z'
const ask = (locks: Locks, group: string, id: string) => lock(locks, slots, { group, id }, now)
const leave = (locks: Locks, group: string, id: string) => unlock(locks, slots, { group, id })
const held = (...ids: string[]) => ids.map((id) => ({ id, since: now }))

describe('the locks of a group', () => {
  it('are granted until all slots are taken', () => {
    assert.deepEqual(ask({}, 'web', 'a'), { kind: 'granted', locks: { web: held('a') } })
    assert.deepEqual(ask({ web: held('a') }, 'web', 'b'), {
      kind: 'granted',
      locks: { web: held('a', 'b') },
    })
    assert.deepEqual(ask({ web: held('a', 'b') }, 'web', 'c'), { kind: 'full', slots: 2 })
  })

  it('are granted to their holder again, even when all slots are taken, and count once', () => {
    const locks = { db: held('a') }
    const verdict = ask(locks, 'db', 'a')
    assert.equal(verdict.kind === 'granted' && verdict.locks, locks)
  })

  it('do not count in other groups', () => {
    const verdict = ask({ web: held('a', 'b') }, 'db', 'a')
    assert.deepEqual(verdict, { kind: 'granted', locks: { web: held('a', 'b'), db: held('a') } })
  })

  it('are given back by their holder alone', () => {
    const locks = { web: held('a', 'b') }
    assert.deepEqual(leave(locks, 'web', 'a'), { kind: 'granted', locks: { web: held('b') } })
    const other = leave(locks, 'web', 'c')
    assert.equal(other.kind === 'granted' && other.locks, locks)
    assert.deepEqual(leave({ db: held('a') }, 'db', 'a'), { kind: 'granted', locks: {} })
  })

  it('tell IDs apart by case', () => {
    assert.deepEqual(ask({ db: held('a') }, 'db', 'A'), { kind: 'full', slots: 1 })
  })

  it('are not granted in a group that is not there, whatever its name', () => {
    for (const group of ['ops', 'constructor', 'toString']) {
      assert.deepEqual(ask({}, group, 'a'), { kind: 'unknown-group' })
      assert.deepEqual(leave({}, group, 'a'), { kind: 'unknown-group' })
    }
  })

  it('can be given back when the group has no slots any more', () => {
    assert.deepEqual(leave({ old: held('a') }, 'old', 'a'), { kind: 'granted', locks: {} })
  })

  it('stay when slots become fewer, and no new ones are granted meanwhile', () => {
    const locks = { db: held('a', 'b') }
    assert.deepEqual(ask(locks, 'db', 'c'), { kind: 'full', slots: 1 })
    const left = leave(locks, 'db', 'a')
    assert.ok(left.kind === 'granted')
    assert.deepEqual(ask(left.locks, 'db', 'c'), { kind: 'full', slots: 1 })
  })

  it('are as many as were asked for and not given back, over any sequence', () => {
    let seed = 7
    const below = (limit: number) => {
      seed = (seed * 48271) % 2147483647
      return seed % limit
    }
    const model = new Set<string>()
    let locks: Locks = {}
    for (let step = 0; step < 5000; step += 1) {
      const id = `host${below(4)}`
      const locking = below(2) === 0
      const verdict = locking ? ask(locks, 'web', id) : leave(locks, 'web', id)
      const expected = !locking || model.has(id) || model.size < 2
      assert.equal(verdict.kind === 'granted', expected)
      if (verdict.kind !== 'granted') continue
      if (locking) model.add(id)
      else model.delete(id)
      locks = verdict.locks
      assert.deepEqual(new Set(holdersOf(locks, 'web').map((holder) => holder.id)), model)
    }
  })
})
