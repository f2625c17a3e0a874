// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own syntax
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { interpolate } from './interpolation.ts'

/** As in a Compose file, with `#` for the dollar sign. */
const result = (text: string) => {
  const found = interpolate(
    text.replaceAll('#', '$'),
    new Map([
      ['A', 'one'],
      ['EMPTY', ''],
      ['DOLLAR', '$A'],
    ]),
  )
  return 'text' in found ? found.text : `! ${found.mistake.replaceAll('$', '#')}`
}

describe('the variables of a Compose file', () => {
  for (const [text, expected] of [
    ['x', 'x'],
    ['#A', 'one'],
    ['#{A}-#A.', 'one-one.'],
    ['##A ##{A}', '$A ${A}'],
    ['#{DOLLAR}', '$A'],
    ['#{X:-two}#{X-two}', 'twotwo'],
    ['#{EMPTY:-two}#{EMPTY-two}', 'two'],
    ['#{A:+x}#{X:+x}#{EMPTY:+x}#{EMPTY+y}', 'xy'],
    ['#{X:-#{Y:-#{A}}}', 'one'],
    ['#{A:-#{NOT_SET}}', 'one'],
    ['#{A:-#{X:?never asked}}', 'one'],
    ['#{X:-}', ''],
    ['#{X:-##}', '$'],
    ['#{A:?is needed}', 'one'],
    ['{"a": "#{A}"}', '{"a": "one"}'],
  ] as const)
    it(`make of ${text}: ${expected}`, () => {
      assert.equal(result(text), expected)
    })

  for (const [text, mistake] of [
    ['#X', /^! the variable X is not set: set it in \.env beside the file/],
    ['#{X:?ask the owner}', /^! the variable X is not set: ask the owner$/],
    ['#{EMPTY:?}', /^! the variable EMPTY is empty$/],
    ['#{X:-#{Y}}', /^! the variable Y is not set/],
    ['#{A', /expected #\{NAME\}/],
    ['#{A:-x', /has no "\}"/],
    ['#{}', /expected #\{NAME\}/],
    ['#{A!x}', /expected #\{NAME\}/],
    ['5 #', /write "##" for a dollar sign/],
    ['#{X:-'.repeat(60), /too deep/],
  ] as const)
    it(`are a mistake in ${text.slice(0, 20)}`, () => {
      assert.match(result(text), mistake)
    })

  it('are none where nothing is substituted', () => {
    assert.deepEqual(interpolate('a$$b', undefined), { text: 'a$b' })
    const found = interpolate('a$$$b', undefined)
    assert.ok('mistake' in found)
    assert.match(found.mistake, /"\$b" would be a variable/)
  })
})
