import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keptSets, stillKept } from './kept-sets.ts'

const set = (version: string, ...references: string[]) => ({
  version,
  images: Object.fromEntries(references.map((reference, index) => [`image-${index}`, reference])),
})

const none = new Set<string>()

const versions = (sets: readonly { version: string }[]) => sets.map(({ version }) => version)

describe('the sets of images that are kept', () => {
  it('are those of what runs, what is taken, and what the free slot still has', () => {
    const { kept, dropped } = keptSets(
      [set('2', 'b'), set('1', 'a')],
      {
        running: set('2', 'b'),
        taken: set('3', 'c'),
        bootable: ['1'],
      },
      none,
    )
    assert.deepEqual(versions(kept), ['2', '3', '1'])
    assert.deepEqual(dropped, [])
  })

  it('are not those of a release that was overwritten, or never written', () => {
    const { kept, dropped } = keptSets(
      [set('3', 'c'), set('2', 'b', 'shared'), set('never', 'n'), set('1', 'a', 'shared')],
      { running: set('3', 'c'), taken: set('4', 'd'), bootable: ['2'] },
      none,
    )
    assert.deepEqual(versions(kept), ['3', '4', '2'])
    assert.deepEqual(dropped, ['n', 'a'])
  })

  it('keep an image of a gone release that another one has too', () => {
    const { dropped } = keptSets(
      [set('1', 'a', 'b')],
      {
        running: set('2', 'a'),
        taken: set('3', 'b'),
        bootable: [],
      },
      none,
    )
    assert.deepEqual(dropped, [])
  })

  it('have each version once, as it is said now', () => {
    const { kept, dropped } = keptSets(
      [set('2', 'old'), set('3', 'c')],
      {
        running: set('2', 'b'),
        taken: set('3', 'c'),
        bootable: ['3', '2'],
      },
      none,
    )
    assert.deepEqual(versions(kept), ['2', '3'])
    assert.deepEqual(dropped, ['old'])
  })

  it('keep of a gone release what containers need, until they do not', () => {
    const wanted = { running: set('2', 'b'), taken: set('3', 'c'), bootable: [] }
    const { kept, dropped } = keptSets([set('1', 'a', 'unused')], wanted, new Set(['a', 'b']))
    assert.deepEqual(kept.at(-1), { version: '1', images: { 'image-0': 'a' }, gone: true })
    assert.deepEqual(dropped, ['unused'])
    assert.deepEqual(keptSets(kept, wanted, none).dropped, ['a'])
  })

  it('of a gone release end when containers have let go, and those of no other do', () => {
    const gone = { ...set('1', 'a', 'b'), gone: true as const }
    const { kept, dropped } = stillKept([set('2', 'c'), gone], new Set(['b']))
    assert.deepEqual(kept, [set('2', 'c'), { ...gone, images: { 'image-1': 'b' } }])
    assert.deepEqual(dropped, ['a'])
    assert.deepEqual(stillKept(kept, none), { kept: [set('2', 'c')], dropped: ['b'] })
    assert.deepEqual(stillKept([set('2', 'c')], none), { kept: [set('2', 'c')], dropped: [] })
  })

  it('of a gone release that is taken again are whole and stay', () => {
    const gone = { ...set('1', 'a'), gone: true as const }
    const wanted = { running: set('2', 'b'), taken: set('1', 'a', 'x'), bootable: [] }
    const { kept } = keptSets([gone, set('2', 'b')], wanted, none)
    assert.deepEqual(kept, [set('2', 'b'), set('1', 'a', 'x')])
  })

  it('go by what is known when the running release brings no images', () => {
    const { kept, dropped } = keptSets(
      [set('1', 'a')],
      {
        running: undefined,
        taken: set('3'),
        bootable: [],
      },
      none,
    )
    assert.deepEqual(versions(kept), ['3'])
    assert.deepEqual(dropped, ['a'])
  })
})
