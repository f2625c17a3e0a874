import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Batches, maximumBatchLines, type Piece } from './batches.ts'

const never = new AbortController().signal
const writer = { id: 'a', name: 'a', image: 'i' }

/** So many lines, and the place after them. */
function piece(count: number, bytes: number): Piece {
  const entry = {
    writer,
    stream: 'stdout',
    timeNs: 0n,
    text: Buffer.from('x'),
    isPart: false,
  } as const
  return {
    entries: Array.from({ length: count }, () => entry),
    place: { id: 'a', place: { inode: 1, bytes } },
  }
}

describe('lines that wait to be sent', () => {
  it('go in batches that bring their last places along', async () => {
    const batches = new Batches()
    for (const bytes of [1, 2, 3]) await batches.add(piece(400, bytes), never)
    const first = await batches.next(1000, never)
    assert.equal(first.entries.length, 800)
    assert.deepEqual(
      first.places.map((one) => 'place' in one && one.place.bytes),
      [1, 2],
    )
    assert.equal((await batches.next(1000, never)).entries.length, 400)
  })

  it('are none after a while in which nothing came, and a place may come without lines', async () => {
    const batches = new Batches()
    assert.deepEqual(await batches.next(1, never), { entries: [], places: [] })
    await batches.add(piece(0, 7), never)
    assert.equal((await batches.next(1000, never)).places.length, 1)
  })

  it('have who reads wait while there are too many, until some are taken or nobody sends any more', async () => {
    const batches = new Batches()
    const end = new AbortController()
    for (let index = 0; index < 4; index += 1) await batches.add(piece(maximumBatchLines, 1), never)
    let added = 0
    const count = () => {
      added += 1
    }
    const waiting = batches.add(piece(1, 2), never).then(count)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(added, 0)
    await batches.next(1000, never)
    await waiting
    const more = batches.add(piece(maximumBatchLines, 3), end.signal).then(count)
    end.abort()
    await more
    assert.equal(added, 2)
  })
})
