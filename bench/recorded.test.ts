import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { benchmarkPage } from './page.ts'
import { readRecorded, recordedJson, rowsOf, settingsOf, withRun } from './recorded.ts'
import { row } from './rows.ts'
import type { Setting } from './setting.ts'

const whole = {
  setting: settingOf('2026-01-01T00:00:00Z'),
  rows: [
    row('sizes', 'UKI', 'bytes', { ours: [21_600_000] }),
    row('boot', 'until the answer', 'ms', { ours: [30_000] }),
  ],
}
const later = {
  setting: settingOf('2026-02-01T00:00:00Z'),
  rows: [row('boot', 'until the answer', 'ms', { ours: [20_000] })],
}

test('a run takes the place of the figures of its own topics, and of no other', () => {
  const recorded = withRun(withRun({}, whole), later)
  assert.deepEqual(
    rowsOf(recorded).map(({ title, ours }) => [title, ours[0]]),
    [
      ['UKI', 21_600_000],
      ['until the answer', 20_000],
    ],
  )
})

test('the page says of each topic when it was measured', () => {
  const recorded = withRun(withRun({}, whole), later)
  assert.deepEqual(
    settingsOf(recorded).map(({ setting, topics }) => [setting.date, topics]),
    [
      ['2026-01-01T00:00:00Z', ['sizes']],
      ['2026-02-01T00:00:00Z', ['boot']],
    ],
  )
  const page = benchmarkPage(recorded)
  assert.match(page, /\*\*Sizes\*\*[^*]*2026-01-01/)
  assert.match(page, /\*\*Boot\*\*[^*]*2026-02-01/)
  assert.match(page, /20\.0 s/)
})

test('what was recorded is read back as it was', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-recorded-'))
  try {
    const path = join(directory, 'benchmarks.json')
    assert.deepEqual(await readRecorded(path), {})
    const recorded = withRun({}, whole)
    await writeFile(path, recordedJson(recorded))
    assert.equal(recordedJson(await readRecorded(path)), recordedJson(recorded))
  } finally {
    await rm(directory, { recursive: true })
  }
})

function settingOf(date: string): Setting {
  return {
    date,
    machine: {
      processor: 'any',
      processors: 2,
      memoryBytes: 2 ** 34,
      system: 'Debian',
      kernel: '6.12',
      loadAverage: [0, 0, 0],
    },
    virtualMachine: { memoryMiB: 1024, cpus: 2, qemu: '10', acceleration: 'tcg' },
    versions: { slipway: '0.1.0', node: 'v26', peer: {} },
  }
}
