import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { loadLocks, saveLocks } from './lock-state.ts'

async function scratchFile(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-locks-'))
  t.after(() => rm(directory, { recursive: true }))
  return join(directory, 'locks.json')
}

describe('the file of locks', () => {
  it('is read as it was written, and means none when there is none', async (t) => {
    const file = await scratchFile(t)
    assert.deepEqual(await loadLocks(file), {})
    const locks = { web: [{ id: 'a', since: '2026-01-15T04:00:00Z' }], constructor: [] }
    await saveLocks(locks, file)
    assert.deepEqual(await loadLocks(file), locks)
  })

  for (const [text, reason] of [
    ['', 'it is not JSON text'],
    ['{"formatVersion": 2, "locks": {}}', 'formatVersion is not 1'],
    ['{"formatVersion": 1}', 'locks is not an object'],
    ['{"formatVersion": 1, "locks": {"a/b": []}}', 'locks: "a/b" is no group'],
    ['{"formatVersion": 1, "locks": {"web": {}}}', 'locks.web is not a list'],
    ['{"formatVersion": 1, "locks": {"web": [{"id": "a"}]}}', 'locks.web[0].since is not a text'],
    [
      '{"formatVersion": 1, "locks": {"web": [{"id": "", "since": "2026-01-15"}]}}',
      'locks.web[0].id is no ID',
    ],
  ] as const)
    it(`is not taken for an empty one when it is damaged: ${reason}`, async (t) => {
      const file = await scratchFile(t)
      await writeFile(file, text)
      await assert.rejects(loadLocks(file), (error) => {
        assert.ok(isSlipwayError(error, 'SLIPWAY_FLEET_LOCK_STATE_UNREADABLE'))
        assert.equal(error.details.reason, reason)
        return true
      })
    })
})
