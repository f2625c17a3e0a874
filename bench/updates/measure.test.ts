import assert from 'node:assert/strict'
import { test } from 'node:test'
import { turnRows } from './measure.ts'
import type { Task, TurnSample } from './turns.ts'

function sample(task: Task, tookMs: number, downtimeMs?: number): TurnSample {
  return {
    task,
    turn: { tookMs, cpuMs: tookMs / 2, memoryPeakBytes: 40e6, ownMemoryPeakBytes: 20e6 },
    quiet: { p50: 1, p99: 2, max: tookMs / 1000 },
    during: { p50: 3, p99: 4, max: 5 },
    ...(downtimeMs !== undefined && { downtimeMs }),
  }
}

test('each way has its rows, with a sample of each run, and the quiet has those of all', () => {
  const rows = turnRows([
    sample('patch', 10_000, 40_000),
    sample('chunks', 20_000),
    sample('patch', 12_000, 41_000),
    sample('chunks', 22_000),
  ])
  const ours = (title: string) => rows.find((row) => row.title === title)?.ours
  assert.deepEqual(ours('Turn of the agent, patch: time'), [10_000, 12_000])
  assert.deepEqual(ours('Turn of the agent, chunks: CPU'), [10_000, 11_000])
  assert.deepEqual(ours('Turn of the agent, whole files: time'), [])
  assert.deepEqual(ours('Answers of a container in the quiet: max'), [10, 20, 12, 22])
  assert.deepEqual(ours('Answers during a turn, chunks: p99'), [4, 4])
  assert.deepEqual(ours('No answers across the reboot of an update'), [40_000, 41_000])
})

test('what an update takes of memory is the most of any way, less what a turn takes that finds nothing', () => {
  const holding = (task: Task, ownMemoryPeakBytes: number) => {
    const taken = sample(task, 1000)
    return { ...taken, turn: { ...taken.turn, ownMemoryPeakBytes } }
  }
  const rows = turnRows([
    ...[holding('nothing', 20e6), holding('patch', 30e6), holding('chunks', 50e6)],
    ...[holding('nothing', 22e6), holding('patch', 91e6), holding('chunks', 51e6)],
  ])
  const [memory] = rows.filter(({ aim }) => aim !== undefined)
  assert.deepEqual(memory?.ours, [29e6, 70e6])
  assert.deepEqual(memory?.aim, { limit: 64e6 })
})
