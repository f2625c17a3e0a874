import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planRemoval, type RemovalRequest } from './removal.ts'
import type { StoredImage } from './stored-image.ts'

const id = `sha256:${'a'.repeat(64)}`
const digest = `sha256:${'d'.repeat(64)}`
const [a1, a2, aByDigest, b1] = [
  'docker.io/library/a:1',
  'docker.io/library/a:2',
  `docker.io/library/a@${digest}`,
  'docker.io/library/b:1',
]
const image = (...names: string[]): StoredImage => ({
  id,
  tags: names.filter((name) => !name.includes('@')),
  digests: names.filter((name) => name.includes('@')),
  records: [],
})
const plan = (names: string[], wanted: string, request: Partial<RemovalRequest> = {}) =>
  planRemoval(image(...names), { wanted, force: false, users: [], held: new Map(), ...request })
const stopped = { id: 'c'.repeat(64), running: false }
const running = { id: 'c'.repeat(64), running: true }

describe('the removal of an image', () => {
  for (const [what, names, wanted, untag, forget] of [
    ['by one of two tags leaves the other', [a1, a2, aByDigest], 'a:1', [a1], false],
    ['by its last tag takes the digests along', [a1, aByDigest], 'a:1', [a1, aByDigest], true],
    [
      'by the last tag of a repository leaves others',
      [a1, aByDigest, b1],
      'a:1',
      [a1, aByDigest],
      false,
    ],
    ['by a digest leaves the tag', [a1, aByDigest], `a@${digest}`, [aByDigest], false],
    ['by its id takes its only name', [a1, aByDigest], 'aaaa', [a1, aByDigest], true],
    ['by its id, without a name', [], id, [], true],
  ] as const)
    it(what, () => {
      assert.deepEqual(plan([...names], wanted), { untag: [...untag], forget })
    })

  it('by its id is refused when several names would go, unless it is forced', () => {
    assert.throws(() => plan([a1, b1], 'aaaa'), {
      message:
        'conflict: unable to delete aaaaaaaaaaaa (must be forced) - image is referenced in multiple repositories',
    })
    assert.deepEqual(plan([a1, b1], 'aaaa', { force: true }), { untag: [a1, b1], forget: true })
  })

  it('is refused for a container, by force only for one that runs', () => {
    for (const [wanted, users, force, expected] of [
      [
        'a:1',
        [stopped],
        false,
        /unable to remove repository reference "a:1" \(must force\) - container cccccccccccc is using its referenced image aaaaaaaaaaaa/,
      ],
      [
        'a:1',
        [running],
        true,
        /unable to delete aaaaaaaaaaaa \(cannot be forced\) - image is being used by running container cccccccccccc/,
      ],
      [
        'aaaa',
        [stopped],
        false,
        /\(must be forced\) - image is being used by stopped container cccccccccccc/,
      ],
      ['aaaa', [running], true, /\(cannot be forced\)/],
    ] as const)
      assert.throws(() => plan([a1], wanted, { users, force }), expected)
    assert.equal(plan([a1], 'a:1', { users: [stopped], force: true }).forget, true)
    assert.equal(plan([a1, a2], 'a:1', { users: [running] }).forget, false)
  })

  it('is refused for what a release or a file needs, force or not', () => {
    const held = new Map([[aByDigest, 'release 2']])
    for (const wanted of ['a:1', 'aaaa', `a@${digest}`])
      assert.throws(() => plan([a1, aByDigest], wanted, { held, force: true }), {
        code: 'SLIPWAY_ENGINE_IMAGE_HELD',
        message: `conflict: the image a@${digest} is needed by release 2`,
      })
    assert.equal(plan([a1, a2, aByDigest], 'a:1', { held }).forget, false)
  })
})
