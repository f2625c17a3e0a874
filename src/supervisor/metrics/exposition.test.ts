import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { expositionText } from './exposition.ts'
import { parseExposition } from './testing/parse-exposition.ts'

describe('metrics as text', () => {
  it('have help and type before their samples, and labels whose values may be anything', () => {
    const labels = { name: 'a\\b"c\nd', image: '' }
    const text = expositionText([
      {
        name: 'x_total',
        type: 'counter',
        help: 'Back\\slash and\nline.',
        samples: [
          { labels, value: 1.5 },
          { labels: {}, value: 1e21 },
        ],
      },
      { name: 'y', type: 'gauge', help: 'Least.', samples: [{ labels: {}, value: -Infinity }] },
    ])
    assert.equal(
      text,
      String.raw`# HELP x_total Back\\slash and\nline.
# TYPE x_total counter
x_total{name="a\\b\"c\nd",image=""} 1.5
x_total 1e+21
# HELP y Least.
# TYPE y gauge
y -Inf
`,
    )
    assert.deepEqual([...parseExposition(text).keys()], ['x_total', 'y'])
  })

  it('leave families without samples out', () => {
    assert.equal(expositionText([{ name: 'x', type: 'gauge', help: 'X.', samples: [] }]), '')
  })
})
