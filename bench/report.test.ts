import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportTables } from './report.ts'
import { missingRow, row } from './rows.ts'

test('each row shows medians, extremes and our share, and what one side lacks stays empty', () => {
  const text = reportTables([
    row('boot', 'until the answer', 'ms', { ours: [28_000, 30_000, 27_500], peer: [56_000] }),
    row('sizes', 'UKI', 'bytes', { ours: [21_600_000] }),
  ])
  assert.match(text, /\| until the answer \| 28\.0 s \(27\.5–30\.0\) \| 56\.0 s \| 50 % \|/)
  assert.match(text, /\| UKI \| 21\.6 MB \| {2}\| {2}\|/)
})

test('topics that were not measured have no table', () => {
  assert.doesNotMatch(reportTables([row('sizes', 'UKI', 'bytes', { ours: [1] })]), /## Boot/)
})

test('the aims say plainly whether they are reached', () => {
  const text = reportTables([
    row('boot', 'Boot', 'ms', { ours: [20], peer: [30] }, { share: 0.5 }),
    row('sizes', 'Download', 'bytes', { ours: [89_000_000] }, { limit: 100e6 }),
  ])
  assert.match(text, /Boot: at most 50 % of mkosi's\. \*\*Not reached\*\* \(67 %\)/)
  assert.match(text, /Download: at most 100\.0 MB\. \*\*Reached\*\* \(89\.0 MB\)/)
})

test('updates stand beside their own peers, latencies in milliseconds', () => {
  const text = reportTables([
    row('updates', 'chunks', 'bytes', { ours: [3_040_000], peer: [14_200_000] }),
    row('updates', 'patch', 'bytes', { ours: [2291] }),
    row('updates', 'p99', 'latency', { ours: [12.34, 15] }),
  ])
  assert.match(text, /\| Updates \| Slipway \| casync or RAUC \| share \|/)
  assert.match(text, /\| chunks \| 3\.04 MB \| 14\.2 MB \| 21 % \|/)
  assert.match(text, /\| patch \| 2\.3 kB \|/)
  assert.match(text, /\| p99 \| 13\.7 ms \(12\.3–15\.0\) \|/)
})

test('a row without a figure says why', () => {
  const text = reportTables([missingRow('updates', 'A month', 'no package named linux-image-1')])
  assert.match(text, /\| A month \| no package named linux-image-1 \| {2}\| {2}\|/)
})

test('the engine stands beside dockerd, by whose figures its aims go, and podman', () => {
  const samples = { ours: [60], peer: [180] }
  const text = reportTables([
    { ...row('engine', 'run', 'latency', samples, { share: 1 / 3 }), third: [90] },
    row('engine', 'idle', 'percent', { ours: [0.123] }, { limit: 0.2 }),
  ])
  assert.match(text, /run: at most 33 % of dockerd's\. \*\*Reached\*\* \(33 %\)/)
  assert.match(text, /\| Container engine \| Slipway \| dockerd \| share \| podman \|/)
  assert.match(text, /\| run \| 60\.0 ms \| 180\.0 ms \| 33 % \| 90\.0 ms \|/)
  assert.match(text, /\| idle \| 0\.12 % \|/)
})
