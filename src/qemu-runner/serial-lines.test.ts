import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SerialLines } from './serial-lines.ts'

const cases: readonly [string, readonly string[], readonly string[], string][] = [
  ['lines end with a line feed', ['a\nb\nc'], ['a', 'b'], 'c'],
  ['a carriage return before it is dropped', ['a\r\nb\r\n'], ['a', 'b'], ''],
  ['a line may come in pieces', ['bo', 'ot', ' 1\n'], ['boot 1'], ''],
  ['its end may come in pieces', ['a\r', '\nb\n'], ['a', 'b'], ''],
  ['empty lines stay', ['a\n\nb\n'], ['a', '', 'b'], ''],
  ['colours are stripped', ['[\x1b[0;32m  OK  \x1b[0m] x\n'], ['[  OK  ] x'], ''],
  ['an escape sequence may be cut', ['a\x1b[0;', '32mb\n'], ['ab'], ''],
  [
    'overwritten text is a line of its own',
    ['[*] wait\r\x1b[K[OK] done\n'],
    ['[*] wait', '[OK] done'],
    '',
  ],
  ['other control characters go', ['a\x00\x07b\n'], ['ab'], ''],
]

for (const [behaviour, pieces, lines, open] of cases)
  test(`serial lines: ${behaviour}`, () => {
    const splitter = new SerialLines()
    assert.deepEqual(
      pieces.flatMap((piece) => splitter.push(Buffer.from(piece))),
      lines,
    )
    assert.equal(splitter.open, open)
    assert.deepEqual(splitter.end(), open === '' ? [] : [open])
  })

test('a character cut between two chunks is whole again', () => {
  const splitter = new SerialLines()
  const bytes = Buffer.from('…\n')
  assert.deepEqual(
    [...splitter.push(bytes.subarray(0, 1)), ...splitter.push(bytes.subarray(1))],
    ['…'],
  )
})

test('a line without end does not grow for ever', () => {
  const splitter = new SerialLines()
  assert.equal(splitter.push(Buffer.alloc(20_000, 'x')).length, 1)
  assert.equal(splitter.open, '')
})
