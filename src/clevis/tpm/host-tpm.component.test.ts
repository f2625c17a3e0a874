import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { constants, mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { hostTpm } from './host-tpm.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-tpm-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const limits = { appearMs: 200, answerMs: 5000 }

test('a machine without a TPM is told as such', async () => {
  const opening = hostTpm(limits, join(folder, 'none'))()
  await assert.rejects(opening, (error) => isSlipwayError(error, 'SLIPWAY_TPM_MISSING'))
})

test('who has enough without the TPM does not wait for it', async () => {
  const enough = new AbortController()
  const opening = hostTpm({ ...limits, appearMs: 60_000 }, join(folder, 'none'))(enough.signal)
  enough.abort()
  await assert.rejects(opening, /abort/i)
})

test('a device that comes late takes a command and gives what it answers', async () => {
  const device = join(folder, 'tpm')
  const opening = hostTpm({ ...limits, appearMs: 30_000 }, device)()
  // It answers what it is told.
  execFileSync('mkfifo', [device])
  await using connection = await opening
  const bytes = Buffer.from('told')
  assert.deepEqual(await connection.exchange('TPM2_Test', bytes), bytes)
})

test('a TPM that hangs is given up, and is not asked again', async () => {
  const device = join(folder, 'tpm')
  execFileSync('mkfifo', [device])
  await using full = await open(device, constants.O_RDWR | constants.O_NONBLOCK)
  const pipeBytes = 65536
  assert.equal((await full.write(Buffer.alloc(pipeBytes))).bytesWritten, pipeBytes)
  const connection = await hostTpm({ appearMs: 0, answerMs: 200 }, device)()
  const isSilent = (error: unknown) => {
    assert.ok(isSlipwayError(error, 'SLIPWAY_TPM_SILENT'), String(error))
    assert.match(error.message, /TPM2_Test: nothing came/)
    return true
  }
  await assert.rejects(connection.exchange('TPM2_Test', Buffer.from('told')), isSilent)
  await assert.rejects(connection.exchange('TPM2_Test', Buffer.from('told')), isSilent)
  await connection[Symbol.asyncDispose]()
  await full.read(Buffer.alloc(pipeBytes))
})
