import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { probeFailure } from './probe.ts'
import { bootSectorStatus } from './probe-guest.ts'
import { testDirectory, testPrograms } from './test-guest.ts'

test('the boot sector gets through to long mode under an acceleration that works', async (t) => {
  const directory = join(await testDirectory(t), 'machines')
  assert.equal(bootSectorStatus, 99)
  assert.equal(
    await probeFailure({ programs: testPrograms(), directory }, 'tcg', 20_000),
    undefined,
  )
})

test('a guest that takes too long is an answer, not a hang', async (t) => {
  const directory = join(await testDirectory(t), 'machines')
  const failure = await probeFailure({ programs: testPrograms(), directory }, 'tcg', 1)
  assert.match(failure ?? '', /no exit within 1 ms/)
})
