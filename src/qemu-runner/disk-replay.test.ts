import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type PowerCut, replayWrites, survivors } from './disk-replay.ts'
import type { LoggedRequest, WriteLog } from './write-log.ts'

const write = (sector: number, sectors: number, letter: string): LoggedRequest => ({
  kind: 'write',
  offsetBytes: sector * 512,
  lengthBytes: sectors * 512,
  dataAt: letter.charCodeAt(0),
})
const flush: LoggedRequest = { kind: 'flush' }

const requests = [write(0, 1, 'a'), flush, write(0, 2, 'b'), write(2, 1, 'c'), flush]

const log: WriteLog = {
  requests,
  read: async ({ dataAt, lengthBytes }) => Buffer.alloc(lengthBytes, dataAt),
  close: async () => {},
}

/** A disk after a cut: one letter for each sector. */
async function diskAfter(t: TestContext, cut: PowerCut, from = 0): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'replay-'))
  t.after(() => rm(directory, { recursive: true }))
  const disk = join(directory, 'disk')
  await writeFile(disk, Buffer.alloc(4 * 512, '-'))
  await replayWrites(log, disk, cut, from)
  const bytes = await readFile(disk)
  return [0, 1, 2, 3].map((sector) => String.fromCharCode(bytes[sector * 512] ?? 0)).join('')
}

const states: readonly [PowerCut, string][] = [
  [{ after: 0, unflushed: 'kept' }, '----'],
  [{ after: 1, unflushed: 'lost' }, '----'],
  [{ after: 1, unflushed: 'kept' }, 'a---'],
  [{ after: 2, unflushed: 'lost' }, 'a---'],
  [{ after: 3, unflushed: 'kept' }, 'bb--'],
  [{ after: 4, unflushed: 'lost' }, 'a---'],
  [{ after: 4, unflushed: 'kept' }, 'bbc-'],
  [{ after: 5, unflushed: 'lost' }, 'bbc-'],
]
for (const [cut, disk] of states)
  test(`after ${cut.after} requests, with unflushed writes ${cut.unflushed}, the disk holds ${disk}`, async (t) => {
    assert.equal(await diskAfter(t, cut), disk)
  })

test('a replay goes on where the one before ended', async (t) => {
  assert.equal(await diskAfter(t, { after: 5, unflushed: 'kept' }, 3), '--c-')
})

test('of some writes each is there or not, and the last one is torn between two sectors', () => {
  const many = Array.from({ length: 64 }, (_, index) => write(index * 4, 4, 'x'))
  const kept = survivors(many, { after: 64, unflushed: 'some' })
  assert.ok(kept.length > 8 && kept.length < 56, `${kept.length} of 64`)
  assert.deepEqual(
    kept.map(({ lengthBytes }) => lengthBytes),
    kept.map((_, index) => (index === kept.length - 1 ? 1024 : 2048)),
  )
})
