import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Awaited, nextWakeAtMs } from './wake-time.ts'

const now = 1_000_000_000
const hourMs = 3_600_000
const none: Awaited = {
  checkAtMs: undefined,
  rebootAtMs: undefined,
  unlockAtMs: undefined,
  onTrial: false,
}

const cases: readonly [name: string, awaited: Partial<Awaited>, expected: number | undefined][] = [
  ['nothing to wait for', {}, undefined],
  ['the next look', { checkAtMs: now + hourMs }, now + hourMs],
  ['a window before the look', { checkAtMs: now + hourMs, rebootAtMs: now + 60_000 }, now + 60_000],
  [
    'the lock to be given back',
    { checkAtMs: now + hourMs, unlockAtMs: now + 300_000 },
    now + 300_000,
  ],
  ['what is past leaves a pause', { checkAtMs: now - hourMs }, now + 10_000],
  ['a day at most', { checkAtMs: now + 30 * 24 * hourMs }, now + 24 * hourMs],
  ['on trial, the health gate', { onTrial: true }, now + 60_000],
]

for (const [name, awaited, expected] of cases)
  test(`the next turn begins for: ${name}`, () => {
    assert.equal(nextWakeAtMs({ ...none, ...awaited }, now), expected)
  })
