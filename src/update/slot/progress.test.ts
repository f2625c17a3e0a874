import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { SlotProgress, type SlotWork } from './progress.ts'

const work: SlotWork = {
  diskId: 'disk',
  startBytes: 1 << 20,
  rootHash: 'a'.repeat(64),
  digests: { usr: 'b'.repeat(64), verity: 'c'.repeat(64) },
}
const checkpoint = { offsetBytes: 1 << 24, prefixSha256: 'd'.repeat(64) }

test('a checkpoint is found again by the same work', async (context) => {
  const path = journal(context)
  await (await SlotProgress.open(path, work)).record('usr', checkpoint)
  const again = await SlotProgress.open(path, work)
  assert.deepEqual(again.checkpoint('usr'), checkpoint)
  assert.equal(again.checkpoint('verity'), undefined)
})

const others: [what: string, other: SlotWork][] = [
  ['another disk', { ...work, diskId: 'other' }],
  ['another slot', { ...work, startBytes: 0 }],
  ['another release', { ...work, rootHash: 'e'.repeat(64) }],
  ['other content', { ...work, digests: { ...work.digests, usr: 'e'.repeat(64) } }],
  ['a signature beside it', { ...work, digests: { ...work.digests, signature: 'e'.repeat(64) } }],
]

for (const [what, other] of others)
  test(`work on ${what} begins anew`, async (context) => {
    const path = journal(context)
    await (await SlotProgress.open(path, work)).record('usr', checkpoint)
    assert.equal((await SlotProgress.open(path, other)).checkpoint('usr'), undefined)
  })

test('a part that begins anew, and a journal that is removed, leave no checkpoint', async (context) => {
  const path = journal(context)
  const progress = await SlotProgress.open(path, work)
  await progress.record('usr', checkpoint)
  await progress.record('verity', checkpoint)
  await progress.record('usr', undefined)
  const again = await SlotProgress.open(path, work)
  assert.deepEqual([again.checkpoint('usr'), again.checkpoint('verity')], [undefined, checkpoint])
  await progress.remove()
  assert.equal(progress.checkpoint('verity'), undefined)
  assert.equal((await SlotProgress.open(path, work)).checkpoint('verity'), undefined)
  assert.deepEqual(readdirSync(join(path, '..')), [])
})

for (const text of ['', '{', 'null', '[]', '{"formatVersion":2}', '{"formatVersion":1,"work":"x"}'])
  test(`the journal ${text || 'without content'} counts as none`, async (context) => {
    const path = journal(context)
    await (await SlotProgress.open(path, work)).record('usr', checkpoint)
    writeFileSync(path, text)
    assert.equal((await SlotProgress.open(path, work)).checkpoint('usr'), undefined)
  })

test('a journal that cannot be written is told by its path', async () => {
  const path = '/proc/slot.json'
  const progress = await SlotProgress.open(path, work)
  await assert.rejects(
    progress.record('usr', checkpoint),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_JOURNAL_NOT_WRITTEN') &&
      error.message.includes(path),
  )
})

function journal(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-journal-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'update/slot.json')
}
