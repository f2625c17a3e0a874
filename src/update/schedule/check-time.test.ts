import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextCheckAtMs } from './check-time.ts'

const minute = 60_000
const hour = 60 * minute
const now = Date.UTC(2026, 0, 15, 12)
const least = () => 0
const middle = () => 0.5
const most = () => 1 - 2 ** -53

describe('the next check', () => {
  it('comes within the first ten minutes of a host that has never looked', () => {
    const history = { failures: 0 }
    assert.equal(nextCheckAtMs(history, 6 * hour, now, least), now)
    assert.equal(nextCheckAtMs(history, 6 * hour, now, middle), now + 5 * minute)
    assert.equal(nextCheckAtMs(history, 6 * hour, now, most), now + 10 * minute)
  })

  it('is spread around the interval by a quarter', () => {
    const history = { lastCheckAtMs: now - hour, failures: 0 }
    assert.equal(nextCheckAtMs(history, 4 * hour, now, least), now + 2 * hour)
    assert.equal(nextCheckAtMs(history, 4 * hour, now, middle), now + 3 * hour)
    assert.equal(nextCheckAtMs(history, 4 * hour, now, most), now + 4 * hour)
  })

  it('is due at once when the host slept through it', () => {
    const history = { lastCheckAtMs: now - 30 * hour, failures: 0 }
    assert.equal(nextCheckAtMs(history, 6 * hour, now, most), now)
  })

  for (const [failures, leastMs, mostMs] of [
    [1, minute / 2, minute],
    [2, minute, 2 * minute],
    [5, 8 * minute, 16 * minute],
    [9, 128 * minute, 256 * minute],
    [10, 3 * hour, 6 * hour],
    [2000, 3 * hour, 6 * hour],
  ] as const)
    it(`waits longer after ${failures} failures in a row, but no longer than the interval`, () => {
      const history = { lastCheckAtMs: now, failures }
      assert.equal(nextCheckAtMs(history, 6 * hour, now, least), now + leastMs)
      assert.equal(nextCheckAtMs(history, 6 * hour, now, most), now + mostMs)
    })

  it('does not wait for a time that a wrong clock named', () => {
    const history = { lastCheckAtMs: now + 1000 * hour, failures: 0 }
    assert.equal(nextCheckAtMs(history, 6 * hour, now, most), now + 10 * minute)
  })

  it('has hosts that looked at the same moment look at different ones', () => {
    let seed = 1
    const random = () => {
      seed = (seed * 48271) % 2147483647
      return seed / 2147483647
    }
    const times = Array.from({ length: 1000 }, () =>
      nextCheckAtMs({ lastCheckAtMs: now, failures: 0 }, 6 * hour, now, random),
    )
    const perTenth = Map.groupBy(times, (time) =>
      Math.floor((time - now - 4.5 * hour) / (0.3 * hour)),
    )
    assert.equal(perTenth.size, 10)
    for (const [, hosts] of perTenth) assert.ok(hosts.length < 200, `${hosts.length} at once`)
  })
})
