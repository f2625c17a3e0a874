import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { lastMemoryReport, memoryScript } from './memory-report.ts'

const report = (total: number, available: number, pss: readonly number[]) => [
  '[   12.3] bench-memory begin',
  `bench-memory host MemTotal: ${total}`,
  `bench-memory host MemAvailable: ${available}`,
  ...pss.flatMap((value) => [
    `bench-memory service Rss: ${value * 2}`,
    `bench-memory service Pss: ${value}`,
    `bench-memory service Pss_Anon: ${value / 5}`,
  ]),
  'bench-memory end',
]

test('the last whole report counts, one that is being written does not', () => {
  const lines = [
    ...report(1000, 400, [10]),
    'noise',
    ...report(1000, 500, [20, 5]),
    'bench-memory begin',
  ]
  assert.deepEqual(lastMemoryReport(lines), {
    usedBytes: 500 * 1024,
    service: { pssBytes: 25 * 1024, anonymousBytes: 5 * 1024, rssBytes: 50 * 1024 },
  })
})

test('a host without the service reports its memory alone', () => {
  assert.deepEqual(lastMemoryReport(report(1000, 400, [])), { usedBytes: 600 * 1024 })
})

test('no whole report is no report', () => {
  assert.equal(lastMemoryReport([]), undefined)
  assert.equal(lastMemoryReport(['bench-memory end']), undefined)
  assert.equal(lastMemoryReport(['bench-memory begin', 'bench-memory end']), undefined)
})

test('the script is one that a shell understands, and its report is read', async () => {
  const script = memoryScript('no-such.service', 'exit 0 #').replace('>/dev/console', '')
  const { stdout } = await promisify(execFile)('sh', ['-c', script])
  const { usedBytes } = lastMemoryReport(stdout.split('\n')) ?? { usedBytes: 0 }
  assert.ok(usedBytes > 0)
})
