import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTurn } from './turn.ts'

const shown = `the host is up to date
OwnMemoryPeak=20971520
CPUUsageNSec=2400000000
MemoryPeak=50331648
ExecMainStartTimestampMonotonic=61000000
ExecMainExitTimestampMonotonic=73500000
`

test('a turn has the counts of its unit', () => {
  assert.deepEqual(parseTurn(shown), {
    tookMs: 12_500,
    cpuMs: 2400,
    memoryPeakBytes: 50_331_648,
    ownMemoryPeakBytes: 20_971_520,
  })
})

test('a count that systemd does not have is told', () => {
  assert.throws(
    () => parseTurn(shown.replace('50331648', '[not set]')),
    /no count for MemoryPeak[\s\S]*\[not set\]/,
  )
})

test('a turn whose memory nobody saw is told', () => {
  assert.throws(() => parseTurn(shown.replace('20971520', '')), /no count for OwnMemoryPeak/)
})
