import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import type { Content } from './content.ts'
import type { SlotPartition } from './layout.ts'
import type { Checkpoint } from './progress.ts'
import { contentOf } from './testing/content.ts'
import { sha256Of } from './testing/sha256.ts'
import { CHECKPOINT_BYTES, clearPartition, writePartition } from './write-partition.ts'

const MIB = 1 << 20
const bytes = randomBytes(2 * CHECKPOINT_BYTES + 3 * MIB + 1234)

test('content is written to its place, filled up with zeros to a block, and nothing beside it', async (context) => {
  const disk = makeDisk(context)
  await disk.write(contentOf(bytes))
  const after = readFileSync(disk.path)
  const end = MIB + bytes.length
  const padded = MIB + Math.ceil(bytes.length / 4096) * 4096
  assert.ok(after.subarray(MIB, end).equals(bytes))
  assert.ok(after.subarray(end, padded).every((byte) => byte === 0))
  assert.ok(after.subarray(0, MIB).every((byte) => byte === 7))
  assert.ok(after.subarray(padded).every((byte) => byte === 7))
})

test('what is on the disk is noted at each checkpoint, and at the end', async (context) => {
  const disk = makeDisk(context)
  await disk.write(contentOf(bytes))
  assert.deepEqual(
    disk.records,
    [CHECKPOINT_BYTES, 2 * CHECKPOINT_BYTES, bytes.length].map((offsetBytes) => ({
      offsetBytes,
      prefixSha256: sha256Of(bytes.subarray(0, offsetBytes)),
    })),
  )
})

test('after its source failed, the writing goes on from the last checkpoint', async (context) => {
  const disk = makeDisk(context)
  await assert.rejects(disk.write(failingAfter(contentOf(bytes), 20 * MIB)), /the line is dead/)
  const asked: number[] = []
  await disk.write(noting(contentOf(bytes), asked))
  assert.deepEqual(asked, [CHECKPOINT_BYTES])
  assert.ok(disk.content().equals(bytes))
})

test('complete content is not asked for again', async (context) => {
  const disk = makeDisk(context)
  await disk.write(contentOf(bytes))
  const asked: number[] = []
  await disk.write(noting(contentOf(bytes), asked))
  assert.deepEqual(asked, [])
})

test('when the disk is not as the checkpoint says, the writing begins anew', async (context) => {
  const disk = makeDisk(context)
  await assert.rejects(disk.write(failingAfter(contentOf(bytes), 33 * MIB)), /the line is dead/)
  disk.flip(3 * MIB)
  const asked: number[] = []
  await disk.write(noting(contentOf(bytes), asked))
  assert.deepEqual(asked, [0])
  assert.ok(disk.content().equals(bytes))
})

test('a checkpoint beyond the content, or within a buffer, is not used', async (context) => {
  const disk = makeDisk(context)
  for (const offsetBytes of [bytes.length + MIB, 1000]) {
    disk.records.push({ offsetBytes, prefixSha256: sha256Of(bytes.subarray(0, offsetBytes)) })
    const asked: number[] = []
    await disk.write(noting(contentOf(bytes), asked))
    assert.deepEqual(asked, [0])
  }
})

const wrong: [what: string, content: Content, code: string][] = [
  ['too short', { ...contentOf(bytes), sizeBytes: bytes.length + 1 }, 'SLOT_LENGTH'],
  ['too long', { ...contentOf(bytes), sizeBytes: bytes.length - 1 }, 'SLOT_LENGTH'],
  ['of other bytes', { ...contentOf(bytes), sha256: '0'.repeat(64) }, 'SLOT_DIGEST'],
]

for (const [what, content, code] of wrong)
  test(`of content that is ${what} no checkpoint is kept`, async (context) => {
    const disk = makeDisk(context)
    await assert.rejects(disk.write(content), (error) =>
      isSlipwayError(error, `SLIPWAY_UPDATE_${code}`),
    )
    assert.equal(disk.records.at(-1), undefined)
  })

test('content that is larger than the partition is not begun', async (context) => {
  const disk = makeDisk(context)
  const before = readFileSync(disk.path)
  const asked: number[] = []
  await assert.rejects(
    disk.write(noting(contentOf(randomBytes(41 * MIB)), asked)),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_NOT_WRITTEN') && /larger/.test(error.message),
  )
  assert.deepEqual(asked, [])
  assert.ok(readFileSync(disk.path).equals(before))
})

test('a partition that is not there is told by its node', async (context) => {
  const disk = makeDisk(context)
  rmSync(disk.path)
  await assert.rejects(
    disk.write(contentOf(bytes)),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_NOT_WRITTEN') &&
      error.message.includes('/dev/test5'),
  )
})

test('an abort ends the writing with its reason', async (context) => {
  const disk = makeDisk(context)
  const controller = new AbortController()
  const aborting: Content = {
    ...contentOf(bytes),
    async *read() {
      yield bytes.subarray(0, MIB)
      controller.abort(new Error('the host shuts down'))
      yield bytes.subarray(MIB)
    },
  }
  await assert.rejects(disk.write(aborting, controller.signal), /the host shuts down/)
})

test('to clear a partition overwrites its first block only', async (context) => {
  const disk = makeDisk(context)
  await clearPartition(disk.partition)
  const after = readFileSync(disk.path)
  assert.ok(after.subarray(MIB, MIB + 4096).every((byte) => byte === 0))
  assert.ok(after.subarray(MIB + 4096).every((byte) => byte === 7))
})

/** A file full of sevens with a partition of 40 MiB from the first MiB on. */
function makeDisk(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-partition-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'disk')
  writeFileSync(path, Buffer.alloc(44 * MIB, 7))
  const records: (Checkpoint | undefined)[] = []
  const partition: SlotPartition = {
    number: 5,
    typeUuid: '',
    uuid: '',
    label: '',
    startBytes: MIB,
    sizeBytes: 40 * MIB,
    node: '/dev/test5',
    extent: { path, offsetBytes: MIB, sizeBytes: 40 * MIB },
  }
  return {
    path,
    partition,
    records,
    content: () => readFileSync(path).subarray(MIB, MIB + bytes.length),
    write: (content: Content, signal?: AbortSignal) =>
      writePartition({
        partition,
        content,
        name: '/usr',
        checkpoint: records.at(-1),
        record: async (checkpoint) => {
          records.push(checkpoint)
        },
        signal,
      }),
    flip(offset: number) {
      const file = openSync(path, 'r+')
      writeSync(file, Uint8Array.of((bytes[offset] ?? 0) ^ 1), 0, 1, MIB + offset)
      closeSync(file)
    },
  }
}

function failingAfter(content: Content, limit: number): Content {
  return {
    ...content,
    async *read(offset) {
      let given = offset
      for await (const piece of content.read(offset)) {
        if (given > limit) throw new Error('the line is dead')
        yield piece
        given += piece.length
      }
    },
  }
}

function noting(content: Content, asked: number[]): Content {
  return {
    ...content,
    read(offset) {
      asked.push(offset)
      return content.read(offset)
    },
  }
}
