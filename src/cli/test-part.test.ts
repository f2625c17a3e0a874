import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Outcome, type Part, runPart } from './test-part.ts'

/** A test file that notes its runs beside it. */
const file = (condition: string) => `
import { appendFileSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
appendFileSync(import.meta.filename + '.runs', 'x')
const runs = readFileSync(import.meta.filename + '.runs').length
test('is steady', () => {})
test('is as told', () => { if (!(${condition})) throw new Error('not this time') })
`

async function outcomeOf(
  context: TestContext,
  conditions: readonly string[],
  { again = true } = {},
): Promise<Outcome & { readonly said: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-test-part-'))
  context.after(() => rm(directory, { recursive: true }))
  const files = await Promise.all(
    conditions.map(async (condition, index) => {
      const path = join(directory, `file-${index}.test.ts`)
      await writeFile(path, file(condition))
      return path
    }),
  )
  const part = (some: readonly string[]): Part => ({
    name: 'part',
    command: [process.execPath, ['--test', '--test-reporter=spec', ...some]],
    reportsTests: true,
    ...(again && { again: part }),
  })
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const lines: string[] = []
  const { signal } = new AbortController()
  const outcome = await runPart(part(files), {
    ...{ directory, signal },
    environment: { ...environment, FORCE_COLOR: '0' },
    say: (line) => lines.push(line),
  })
  return { ...outcome, said: lines.join('\n') }
}

test('what passes counts, and is run once', async (context) => {
  const { passed, failed, said } = await outcomeOf(context, ['runs === 1', 'runs === 1'])
  assert.deepEqual([passed, failed], [4, 0])
  assert.doesNotMatch(said, /once more/)
})

test('what fails once and passes alone counts as passed, and is told', async (context) => {
  const outcome = await outcomeOf(context, ['runs === 1', 'runs === 2'])
  assert.deepEqual([outcome.passed, outcome.failed, outcome.details], [4, 0, []])
  assert.match(outcome.unsteady.join('\n'), /is as told[\s\S]*not this time/)
  assert.match(outcome.said, /once more, alone: .*file-1\.test\.ts$/m)
})

test('what fails twice has failed', async (context) => {
  const outcome = await outcomeOf(context, ['false', 'runs === 2'])
  assert.deepEqual([outcome.passed, outcome.failed, outcome.unsteady], [2, 2, []])
  assert.match(outcome.details.join('\n'), /not this time/)
})

test('what fails in many files is not run again', async (context) => {
  const { passed, failed, said } = await outcomeOf(context, Array(4).fill('runs === 2'))
  assert.deepEqual([passed, failed], [4, 4])
  assert.doesNotMatch(said, /once more/)
})

test('what fails is not run again where it may not be', async (context) => {
  const { passed, failed } = await outcomeOf(context, ['runs === 2'], { again: false })
  assert.deepEqual([passed, failed], [1, 1])
})

test('a runner that ends without a count has failed', async () => {
  const { signal } = new AbortController()
  const outcome = await runPart(
    { name: 'part', command: ['false', []], reportsTests: true },
    { directory: '/', environment: process.env, signal, say: () => {} },
  )
  assert.deepEqual([outcome.passed, outcome.failed], [0, 1])
})
