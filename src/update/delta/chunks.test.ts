import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { packChunks } from '../../release/delta/pack.ts'
import type { Extent } from '../slot/layout.ts'
import { parseIndex } from './chunk-index.ts'
import { chunkedContent, findChunks, missingBytes, withWritten } from './chunks.ts'
import { chunkLength, cut, MAXIMUM_CHUNK_BYTES, MINIMUM_CHUNK_BYTES } from './cut.ts'
import { artifactOf, contentFrom, Dice, edited, imageLike } from './testing/edits.ts'

test('chunks from what runs and from the pack make the target, whatever was edited', async (t) => {
  for (let round = 1; round <= 10; round += 1) {
    const dice = new Dice(100 + round)
    const seed = imageLike(dice, 500_000 + dice.below(1_500_000))
    const target = edited(dice, seed)
    const release = await Packed.make({ usr: target, uki: dice.bytes(50_000) })
    const { content } = await release.content(await seedFile(t, seed))
    assert.ok((await contentFrom(content)).equals(target), `round ${round}`)
    const offset = dice.below(target.length)
    const rest = await contentFrom(content, offset)
    assert.ok(rest.equals(target.subarray(offset)), `round ${round} from ${offset}`)
  }
})

test('what runs already is not asked of the server', async (t) => {
  const image = imageLike(new Dice(21), 2_000_000)
  const release = await Packed.make({ usr: image, uki: Buffer.alloc(0) })
  const { content, missing } = await release.content(await seedFile(t, image))
  assert.equal(missing, 0)
  assert.ok((await contentFrom(content)).equals(image))
  assert.deepEqual(release.asked, [])
})

test('as many bytes are asked for as were foretold', async (t) => {
  const dice = new Dice(22)
  const seed = imageLike(dice, 2_000_000)
  const target = edited(dice, seed)
  const release = await Packed.make({ usr: target, uki: Buffer.alloc(0) })
  const { content, missing } = await release.content(await seedFile(t, seed))
  await contentFrom(content)
  assert.equal(
    release.asked.reduce((sum, [from, to]) => sum + to - from, 0),
    missing,
  )
})

test('what runs is cut as the release was, however its bytes come', async () => {
  const dice = new Dice(23)
  const image = imageLike(dice, 1_500_000)
  const lengths: number[] = []
  for (let start = 0; start < image.length; start += lengths.at(-1) ?? 0)
    lengths.push(chunkLength(image, start))
  const inPieces = async function* () {
    for (let start = 0; start < image.length; ) {
      const length = 1 + dice.below(300_000)
      yield image.subarray(start, start + length)
      start += length
    }
  }
  const streamed: number[] = []
  for await (const { bytes } of cut(inPieces())) streamed.push(bytes.length)
  assert.deepEqual(streamed, lengths)
  assert.ok(lengths.slice(0, -1).every((length) => length >= MINIMUM_CHUNK_BYTES))
  assert.ok(lengths.every((length) => length <= MAXIMUM_CHUNK_BYTES))
})

test('a chunk that what runs has lost since comes from the pack', async (t) => {
  const image = imageLike(new Dice(24), 600_000)
  const release = await Packed.make({ usr: image, uki: Buffer.alloc(0) })
  const seed = await seedFile(t, image)
  const { content } = await release.content(seed)
  const changed = Buffer.from(image)
  changed[300_000] = (changed[300_000] ?? 0) ^ 1
  await writeFile(seed.path, changed)
  assert.ok((await contentFrom(content)).equals(image))
  assert.equal(release.asked.length, 1)
})

test('what the UKI shares with /usr comes from the slot that /usr was written to', async (t) => {
  const dice = new Dice(27)
  const shared = imageLike(dice, 800_000)
  const parts = {
    usr: Buffer.concat([dice.bytes(100_000), shared, dice.bytes(100_000)]),
    uki: Buffer.concat([dice.bytes(50_000), shared]),
  }
  const { index, pack, sizes } = await Packed.make(parts)
  const { usr, uki } = parseIndex(index, pack.length, sizes)
  const slot = await seedFile(t, parts.usr)
  const found = withWritten(new Map(), usr, slot)
  assert.ok(missingBytes(uki, found) < missingBytes(uki, new Map()) / 2)
  const content = () =>
    chunkedContent(artifactOf(parts.uki), uki, found, async (from, to) => pack.subarray(from, to))
  assert.ok((await contentFrom(content())).equals(parts.uki))
  await writeFile(slot.path, Buffer.alloc(parts.usr.length))
  assert.ok((await contentFrom(content())).equals(parts.uki), 'with /usr not written')
})

test('a damaged pack is refused at the chunk', async (t) => {
  const release = await Packed.make({ usr: new Dice(25).bytes(400_000), uki: Buffer.alloc(0) })
  const { content } = await release.content(await seedFile(t, Buffer.alloc(10)))
  for (let at = 0; at < release.pack.length; at += 20_011) {
    release.pack.writeUInt8((release.pack[at] ?? 0) ^ 0x10, at)
    await assert.rejects(contentFrom(content), isDamage, `byte ${at}`)
    release.pack.writeUInt8((release.pack[at] ?? 0) ^ 0x10, at)
  }
  release.cutTo = 1000
  await assert.rejects(contentFrom(content), isDamage)
})

test('a damaged index, and one for other parts, is refused', async () => {
  const { index, pack, sizes } = await Packed.make({
    usr: imageLike(new Dice(26), 400_000),
    uki: Buffer.alloc(7),
  })
  for (let at = 0; at < index.length; at += 7) {
    const broken = Buffer.from(index)
    broken[at] = (broken[at] ?? 0) ^ 0x22
    assert.throws(() => parseIndex(broken, pack.length, sizes), isDamage, `byte ${at}`)
    const cutOff = index.subarray(0, at)
    assert.throws(() => parseIndex(cutOff, pack.length, sizes), isDamage, `${at} bytes`)
  }
  assert.throws(() => parseIndex(index, pack.length + 1, sizes), isDamage)
  assert.throws(() => parseIndex(index, pack.length, { ...sizes, usr: 1 }), isDamage)
})

function isDamage(error: unknown): boolean {
  return isSlipwayError(error, 'SLIPWAY_UPDATE_DELTA_DAMAGED')
}

async function seedFile(t: TestContext, bytes: Buffer): Promise<Extent> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-chunks-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'seed')
  await writeFile(path, bytes)
  return { path, offsetBytes: 0, sizeBytes: bytes.length }
}

class Packed {
  readonly index: Buffer
  readonly pack: Buffer
  readonly parts: { usr: Buffer; uki: Buffer }
  /** The ranges that were asked for, and how much of each is given. */
  readonly asked: [number, number][] = []
  cutTo = Number.POSITIVE_INFINITY

  private constructor(parts: { usr: Buffer; uki: Buffer }, index: Buffer, pack: Buffer) {
    this.parts = parts
    this.index = index
    this.pack = pack
  }

  static async make(parts: { usr: Buffer; uki: Buffer }): Promise<Packed> {
    const { index, pack } = await packChunks(parts)
    return new Packed(parts, index, pack)
  }

  get sizes() {
    return { usr: this.parts.usr.length, uki: this.parts.uki.length }
  }

  async content(seed: Extent) {
    const { usr } = parseIndex(this.index, this.pack.length, this.sizes)
    const found = await findChunks(usr, [seed])
    const content = chunkedContent(artifactOf(this.parts.usr), usr, found, async (from, to) => {
      this.asked.push([from, to])
      return this.pack.subarray(from, Math.min(to, this.cutTo))
    })
    return { content, missing: missingBytes(usr, found) }
  }
}
