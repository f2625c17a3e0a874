import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alignmentOf, type Extent, place, type Request, type Space } from './placement.ts'

const usable = { first: 34, last: 409_566 }
const space = (used: Extent[] = [], alignment = 2048): Space => ({ usable, used, alignment })

const cases: [what: string, Request, Space, Extent | undefined][] = [
  ['all of an empty disk, from the first MiB on', {}, space(), { first: 2048, last: 409_566 }],
  [
    'a size at the start of the largest block',
    { size: 4096 },
    space(),
    { first: 2048, last: 6143 },
  ],
  [
    'the exact place that was asked for',
    { start: 8192, size: 1 },
    space(),
    { first: 8192, last: 8192 },
  ],
  [
    'the largest block, not the first that is large enough',
    { size: 2048 },
    space([{ first: 8192, last: 100_000 }]),
    { first: 100_352, last: 102_399 },
  ],
  [
    'the rest of the largest block from a start in it',
    { start: 204_800 },
    space([{ first: 2048, last: 4095 }]),
    { first: 204_800, last: 409_566 },
  ],
  [
    'nothing for a start in a smaller block without a size',
    { start: 2048 },
    space([{ first: 8192, last: 10_000 }]),
    undefined,
  ],
  [
    'a start in a smaller block with a size that fits',
    { start: 2048, size: 2048 },
    space([{ first: 8192, last: 10_000 }]),
    { first: 2048, last: 4095 },
  ],
  [
    'nothing over another partition',
    { start: 2048, size: 4096 },
    space([{ first: 4096, last: 5000 }]),
    undefined,
  ],
  ['nothing beyond the end', { start: 2048, size: 409_600 }, space(), undefined],
  ['nothing on a full disk', {}, space([usable]), undefined],
  ['the first sectors where alignment is by sectors', {}, space([], 1), usable],
  [
    'an earlier aligned sector where all before is free',
    { size: 1 },
    space([
      { first: 2048, last: 2050 },
      { first: 300_000, last: 409_566 },
    ]),
    { first: 4096, last: 4096 },
  ],
]
for (const [what, request, where, expected] of cases)
  test(`gives ${what}`, () => assert.deepEqual(place(request, where), expected))

test('aligns by 1 MiB whatever the sectors are, or as existing partitions do', () => {
  const disk = { sectorBytes: 512, sectors: 409_600 }
  assert.equal(alignmentOf(disk, []), 2048)
  assert.equal(alignmentOf({ sectorBytes: 4096, sectors: 51_200 }, []), 256)
  assert.equal(alignmentOf(disk, [2048, 4096 + 64]), 64)
  assert.equal(alignmentOf(disk, [63]), 1)
  assert.equal(alignmentOf({ sectorBytes: 512, sectors: 600_000_000 }, [63]), 8)
})
