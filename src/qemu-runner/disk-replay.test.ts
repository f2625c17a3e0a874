import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DiskReplay, flushedBefore, type PowerCut, survivors } from './disk-replay.ts'
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

async function replayOf(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'replay-'))
  t.after(() => rm(directory, { recursive: true }))
  const disk = join(directory, 'disk')
  await writeFile(disk, Buffer.alloc(4 * 512, '-'))
  const replay = await DiskReplay.open(log, disk)
  t.after(() => replay.close())
  /** One letter for each sector. */
  const sectors = async () => {
    const bytes = await readFile(disk)
    return Array.from({ length: 4 }, (_, i) => String.fromCharCode(bytes[i * 512] ?? 0)).join('')
  }
  return { replay, sectors }
}

test('a flush brings to the disk what was written before it', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((after) => flushedBefore(requests, after)),
    [0, 0, 2, 2, 2, 5],
  )
})

test('what no flush had brought to the disk may all be there, or nothing of it', async (t) => {
  const { replay, sectors } = await replayOf(t)
  const states: string[] = []
  const cuts: PowerCut[] = [
    { after: 0, unflushed: 'kept' },
    { after: 1, unflushed: 'lost' },
    { after: 1, unflushed: 'kept' },
    { after: 3, unflushed: 'kept' },
    { after: 4, unflushed: 'lost' },
    { after: 4, unflushed: 'kept' },
    { after: 5, unflushed: 'lost' },
  ]
  for (const cut of cuts) {
    await replay.cut(cut)
    states.push(await sectors())
  }
  assert.deepEqual(states, ['----', '----', 'a---', 'bb--', 'a---', 'bbc-', 'bbc-'])
})

test('of some writes each is there or not, in whole sectors', () => {
  const many = Array.from({ length: 64 }, (_, index) => write(index * 4, 4, 'x'))
  const kept = survivors(many, { after: 64, unflushed: 'some' })
  assert.ok(kept.length > 8 && kept.length < 56, `${kept.length} of 64`)
  assert.deepEqual(
    kept.map(({ lengthBytes }) => lengthBytes),
    kept.map((_, index) => (index === kept.length - 1 ? 1024 : 2048)),
  )
})

test('a replay does not go back beyond a flush', async (t) => {
  const { replay } = await replayOf(t)
  await replay.cut({ after: 5, unflushed: 'kept' })
  await assert.rejects(replay.cut({ after: 1, unflushed: 'kept' }), RangeError)
})
