import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { requestFactoryReset, resetVariable } from './factory-reset.ts'

async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'efivars-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

test('a reset is requested by the variable that systemd-repart reads: attributes, then yes in UTF-16', async (t) => {
  const variables = await folder(t)
  await writeFile(join(variables, 'BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c'), 'x')
  await requestFactoryReset(variables)
  const bytes = await readFile(join(variables, resetVariable))
  assert.equal(bytes.toString('hex'), '07000000790065007300' + '0000')
})

test('a machine without EFI variables is not told that it will be reset', async (t) => {
  const variables = await folder(t)
  await assert.rejects(requestFactoryReset(variables), (error) =>
    isSlipwayError(error, 'SLIPWAY_HOST_RESET_NOT_REQUESTED'),
  )
  await assert.rejects(requestFactoryReset(join(variables, 'missing')), (error) =>
    isSlipwayError(error, 'SLIPWAY_HOST_RESET_NOT_REQUESTED'),
  )
  assert.deepEqual(await readdir(variables), [])
})
