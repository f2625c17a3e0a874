import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCpuMs, parseRollup } from './processes.ts'

test('memory of a process is what is its own alone, what no file backs, and its share', () => {
  const text = `55d0-7ffe ---p 00000000 00:00 0    [rollup]
Rss:               90000 kB
Pss:               70000 kB
Pss_Anon:          40000 kB
Private_Clean:     20000 kB
Private_Dirty:     41000 kB
Anonymous:         42000 kB
`
  assert.deepEqual(parseRollup(text), {
    privateBytes: 61_000 * 1024,
    anonymousBytes: 42_000 * 1024,
    shareBytes: 70_000 * 1024,
  })
})

test('time of a process counts its ended children, whatever it is called', () => {
  const numbers = 'S 1 1 1 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 11 0 500 1 2'
  assert.equal(parseCpuMs(`42 (a ) b) ${numbers}\n`), 1270)
})
