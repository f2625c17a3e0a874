import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Check } from './checks.ts'
import { healthGate, type Time } from './gate.ts'

const timing = { timeoutMs: 60_000, settleMs: 10_000, intervalMs: 1_000 }

/** A clock that a wait puts forward, as a question does by `costMs`. */
function clock(): Time & { nowMs: number } {
  return {
    nowMs: 0,
    now() {
      return this.nowMs
    },
    async sleep(delayMs) {
      this.nowMs += delayMs
    },
  }
}

/** A check that holds in the given seconds. */
function during(name: string, time: Time, holds: (second: number) => boolean): Check {
  return {
    name,
    run: async () => (holds(Math.floor(time.now() / 1000)) ? undefined : `${name} is away`),
  }
}

test('a host on which all checks hold is good after a while, not at once', async () => {
  const time = clock()
  const verdict = await healthGate([during('a', time, () => true)], timing, time)
  assert.deepEqual(verdict, { healthy: true })
  assert.equal(time.nowMs, 10_000)
})

test('a check that holds late is good enough, and what one waited for was told once', async () => {
  const time = clock()
  const told: string[] = []
  const check = during('a', time, (second) => second >= 20)
  const verdict = await healthGate([check], timing, time, (name) => told.push(name))
  assert.deepEqual(verdict, { healthy: true })
  assert.equal(time.nowMs, 30_000)
  assert.deepEqual(told, ['a'])
})

test('a check that begins to hold just in time may finish its while', async () => {
  const time = clock()
  const verdict = await healthGate([during('a', time, (second) => second >= 59)], timing, time)
  assert.deepEqual(verdict, { healthy: true })
})

test('the first check that does not hold is the reason', async () => {
  const time = clock()
  const checks = [
    during('a', time, () => true),
    during('b', time, () => false),
    during('c', time, () => false),
  ]
  assert.deepEqual(await healthGate(checks, timing, time), {
    healthy: false,
    check: 'b',
    reason: 'b is away',
  })
  assert.equal(time.nowMs, 60_000)
})

test('a check that fails now and then is not good', async () => {
  const time = clock()
  const verdict = await healthGate([during('a', time, (second) => second % 5 !== 0)], timing, time)
  assert.equal(verdict.healthy, false)
  assert.ok(time.nowMs <= 70_000, String(time.nowMs))
})
