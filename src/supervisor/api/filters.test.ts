import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matchesLabels, parseFilters } from './filters.ts'

const query = (filters: string) => new URLSearchParams({ filters })

describe('filters', () => {
  for (const shape of ['{"label":{"a=b":true,"c":true}}', '{"label":["a=b","c"]}'])
    it(`are read from ${shape}`, () => {
      assert.deepEqual([...parseFilters(query(shape), ['label'])], [['label', ['a=b', 'c']]])
    })

  it('leave out what is set to false', () => {
    const filters = parseFilters(query('{"dangling":{"true":false}}'), ['dangling'])
    assert.deepEqual(filters.get('dangling'), [])
  })

  it('are refused when they are not known, or no JSON', () => {
    assert.throws(() => parseFilters(query('{"bogus":["1"]}'), ['label']), {
      status: 400,
      message: "invalid filter 'bogus'",
    })
    assert.throws(() => parseFilters(query('label=a'), ['label']), { status: 400 })
  })

  it('want all labels, by name or with their values', () => {
    const labels = { a: 'b', c: '' }
    assert.equal(matchesLabels(['a=b', 'c'], labels), true)
    assert.equal(matchesLabels(['a=x'], labels), false)
    assert.equal(matchesLabels(['a', 'd'], labels), false)
  })
})
