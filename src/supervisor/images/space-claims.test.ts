import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { freeSpace } from './limits.ts'
import { Claim, claimedBytes, SpaceClaims } from './space-claims.ts'

const noRoom = async () => {}

describe('the space that pulls claim', () => {
  it('counts a layer once that several of them wait for, and not those that are written', () => {
    const one = new Claim(
      new Map([
        ['a', 10],
        ['b', 20],
      ]),
    )
    const other = new Claim(
      new Map([
        ['b', 20],
        ['c', 5],
      ]),
    )
    assert.equal(claimedBytes([one, other]), 35)
    one.written('a', 4)
    other.written('c', 0)
    assert.equal(claimedBytes([one, other]), 24)
    assert.equal(claimedBytes([one, other], new Map([['b', 1]])), 4)
  })

  it('is refused to a pull when another one has it, until that one has ended', async () => {
    const half = Math.floor((await freeSpace(tmpdir())) * 0.6)
    const claims = new SpaceClaims(tmpdir(), 0)
    const first = await claims.claim('first', new Map([['a', half]]), noRoom)
    await assert.rejects(claims.claim('second', new Map([['b', half]]), noRoom), {
      code: 'SLIPWAY_IMAGES_DISK_FULL',
      message: /No space for second below .*: \d+ MiB are missing of \d+ MiB/,
    })
    await claims.claim('joined', new Map([['a', half]]), noRoom)
    claims.end(first)
  })

  it('is made by whoever can, once it is known how much is to be free', async () => {
    const claims = new SpaceClaims(tmpdir(), 1000)
    const asked: number[] = []
    const huge = Number.MAX_SAFE_INTEGER - 1000
    const refused = claims.claim('huge', new Map([['a', huge]]), async (bytes) => {
      asked.push(bytes)
    })
    await assert.rejects(refused, { code: 'SLIPWAY_IMAGES_DISK_FULL' })
    assert.deepEqual(asked, [huge + 1000])
    await claims.claim('nothing', new Map(), noRoom)
  })
})
