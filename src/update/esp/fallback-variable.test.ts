import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { announceFallback, fallbackVariable } from './fallback-variable.ts'

function variables(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-efivars-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'), '\x06\0\0\0\0')
  return folder
}

test('the variable is non-volatile, and seen by the firmware’s and the system’s side', async (context) => {
  const folder = variables(context)
  assert.equal(await announceFallback(folder), 'set')
  assert.deepEqual([...readFileSync(join(folder, fallbackVariable))], [7, 0, 0, 0, 1])
})

test('a variable that is set is not written again', async (context) => {
  const folder = variables(context)
  await announceFallback(folder)
  const { mtimeMs } = statSync(join(folder, fallbackVariable))
  assert.equal(await announceFallback(folder), 'was-set')
  assert.equal(statSync(join(folder, fallbackVariable)).mtimeMs, mtimeMs)
})

test('a machine without EFI variables is told, not failed', async (context) => {
  const folder = variables(context)
  assert.equal(await announceFallback(join(folder, 'none')), 'absent')
  mkdirSync(join(folder, 'unmounted'))
  assert.equal(await announceFallback(join(folder, 'unmounted')), 'absent')
})

test('a firmware that refuses is named', async (context) => {
  const folder = variables(context)
  // A folder of the variable's name refuses to be a file for root too.
  mkdirSync(join(folder, fallbackVariable))
  await assert.rejects(announceFallback(folder), (error) =>
    isSlipwayError(error, 'SLIPWAY_UPDATE_FALLBACK_UNANNOUNCED'),
  )
})
