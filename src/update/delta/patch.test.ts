import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { compressForTransport } from '../../release/delta/compress.ts'
import { makePatch } from '../../release/delta/patch.ts'
import { patchedContent } from './patch.ts'
import { PATCH_MAGIC } from './patch-format.ts'
import { artifactOf, contentFrom, Dice, edited, imageLike } from './testing/edits.ts'

test('a patch makes the target of the seed, whatever was edited, from any offset on', async (t) => {
  const place = await Place.make(t)
  for (let round = 1; round <= 25; round += 1) {
    const dice = new Dice(round)
    const seed = imageLike(dice, dice.below(400_000))
    const target = edited(dice, seed)
    const content = await place.patched(seed, target, await makePatch(seed, target))
    assert.ok((await contentFrom(content)).equals(target), `round ${round}`)
    const offset = dice.below(target.length)
    const rest = await contentFrom(content, offset)
    assert.ok(rest.equals(target.subarray(offset)), `round ${round} from ${offset}`)
  }
})

test('a target of several segments comes from any offset on', async (t) => {
  const place = await Place.make(t)
  const dice = new Dice(7)
  const seed = imageLike(dice, 3_500_000)
  const target = edited(dice, seed)
  const content = await place.patched(seed, target, await makePatch(seed, target))
  for (const offset of [0, 1, 1 << 20, (1 << 20) + 5, target.length - 1, target.length]) {
    const rest = await contentFrom(content, offset)
    assert.ok(rest.equals(target.subarray(offset)), `from ${offset}`)
  }
})

test('the patch of an image that did not change takes a few hundred bytes', async () => {
  const image = imageLike(new Dice(3), 6_000_000)
  const { length } = await makePatch(image, image)
  assert.ok(length < 400, `${length} bytes`)
})

test('code that moved takes less than what changed in it', async () => {
  const dice = new Dice(11)
  const seed = dice.bytes(300_000)
  const target = Buffer.concat([dice.bytes(1000), seed])
  for (let at = 1000; at < target.length; at += 20) target[at] = ((target[at] ?? 0) + 8) % 256
  const { length } = await makePatch(seed, target)
  assert.ok(length < 8000, `${length} bytes for 15000 changed ones`)
})

test('a damaged patch is refused, or makes something else', async (t) => {
  const place = await Place.make(t)
  const dice = new Dice(5)
  const seed = imageLike(dice, 200_000)
  const target = edited(dice, seed)
  const patch = await makePatch(seed, target)
  for (let at = 0; at < patch.length; at += 1 + Math.floor(patch.length / 60)) {
    const broken = Buffer.from(patch)
    broken[at] = (broken[at] ?? 0) ^ 0x41
    await refused(await place.patched(seed, target, broken), target)
    await refused(await place.patched(seed, target, patch.subarray(0, at)), target)
  }
})

test('operations that ask for what there is not are refused', async (t) => {
  const place = await Place.make(t)
  const seed = Buffer.alloc(100)
  const segment = (made: number, operations: number[], differences = 0, literals = 0) => {
    const header = Buffer.alloc(16)
    for (const [index, value] of [made, operations.length, differences, literals].entries())
      header.writeUInt32LE(value, 4 * index)
    return Buffer.concat([header, Buffer.from(operations), Buffer.alloc(differences + literals)])
  }
  const cases = {
    'bytes behind the end of the seed': segment(60, [60 * 4 - 128, 0]),
    'a place before the seed': segment(10, [40, 1]),
    'more than the segment makes': segment(5, [40, 0]),
    'less than the segment makes': segment(50, [40, 0]),
    'literals that are not there': segment(10, [42]),
    'differences that are not there': segment(10, [41, 0]),
    'a number without end': segment(10, Array<number>(12).fill(255)),
    'an unknown kind': segment(10, [43]),
    'a segment of 4 GiB': segment(0xffffffff, [40, 0]),
    'an empty segment': segment(0, []),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const patch = await compressForTransport(Buffer.concat([Buffer.from(PATCH_MAGIC), bytes]))
    const content = await place.patched(seed, Buffer.alloc(10), patch)
    await assert.rejects(
      contentFrom(content),
      (error) => isSlipwayError(error, 'SLIPWAY_UPDATE_DELTA_DAMAGED'),
      name,
    )
  }
})

test('a seed that is shorter than it was, or gone, is told by its path', async (t) => {
  const place = await Place.make(t)
  const image = imageLike(new Dice(9), 100_000)
  const content = await place.patched(image, image, await makePatch(image, image))
  const code = (error: unknown) => isSlipwayError(error, 'SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE')
  await writeFile(place.path('seed'), image.subarray(0, 50_000))
  await assert.rejects(contentFrom(content), code)
  await rm(place.path('seed'))
  await assert.rejects(contentFrom(content), code)
})

async function refused(content: ReturnType<typeof patchedContent>, target: Buffer): Promise<void> {
  try {
    assert.ok(!(await contentFrom(content)).equals(target))
  } catch (error) {
    assert.ok(isSlipwayError(error, 'SLIPWAY_UPDATE_DELTA_DAMAGED'), String(error))
  }
}

class Place {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async make(t: TestContext): Promise<Place> {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-patch-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    return new Place(directory)
  }

  path(name: string): string {
    return join(this.#directory, name)
  }

  /** The seed lies within a larger file, as partitions lie in a disk. */
  async patched(seed: Buffer, target: Buffer, patch: Buffer) {
    const before = Buffer.alloc(512, 'before')
    await writeFile(this.path('seed'), Buffer.concat([before, seed]))
    await writeFile(this.path('patch'), patch)
    const extent = { path: this.path('seed'), offsetBytes: 512, sizeBytes: seed.length }
    return patchedContent(artifactOf(target), this.path('patch'), extent)
  }
}
