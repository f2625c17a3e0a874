import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { initialState, type UpdateState } from '../state/state.ts'
import { tellOnConsole } from './tell-on-console.ts'

const at = '2026-11-24T12:00:00.000Z'
const past = (result: 'rolled-back' | 'updated'): UpdateState => ({
  ...initialState,
  history: [{ from: '1.0', version: '1.1', at, result, reason: 'it did not start' }],
})

function consoleOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'console-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'console')
}

test('a host that has left a release says so on its console, once', async (context) => {
  const console = consoleOf(context)
  writeFileSync(console, 'login:\n')
  await tellOnConsole(initialState, past('rolled-back'), console)
  const left = past('rolled-back')
  await tellOnConsole(left, left, console)
  assert.equal(
    readFileSync(console, 'utf8'),
    'login:\nslipway: The host left 1.1 again and runs 1.0: it did not start\n',
  )
})

test('of an update that went well the console says nothing', async (context) => {
  const console = consoleOf(context)
  await tellOnConsole(initialState, past('updated'), console)
  assert.equal(existsSync(console), false)
})
