import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogEntry } from './entry.ts'
import { LineJoiner } from './line-joiner.ts'

const entry = (text: string, changes: Partial<LogEntry> = {}): LogEntry => ({
  writer: { id: 'a', name: 'a', image: 'i' },
  stream: 'stdout',
  timeNs: 0n,
  text: Buffer.from(text),
  isPart: text.endsWith('…'),
  ...changes,
})

/** What was given for each entry, and from where the rest is held. */
function joinAll(entries: readonly LogEntry[]) {
  const joiner = new LineJoiner<number>()
  const given = entries.map((one, index) => [
    joiner.add(one, index).map(({ text, isPart }) => `${text}${isPart ? '+' : ''}`),
    joiner.heldFrom,
  ])
  return [...given, joiner.rest().map(({ text }) => text.toString())]
}

describe('lines in parts', () => {
  it('are put together by container and stream, others go on meanwhile', () => {
    const other = { stream: 'stderr' } as const
    assert.deepEqual(
      joinAll([entry('a…'), entry('e', other), entry('b…'), entry('c'), entry('d')]),
      [[[], 0], [['e'], 0], [[], 0], [['a…b…c'], undefined], [['d'], undefined], []],
    )
  })

  it('are given without their end when the container writes on a second later, and at its end', () => {
    const later = { timeNs: 1_000_000_000n, stream: 'stderr' } as const
    assert.deepEqual(joinAll([entry('a…'), entry('e…', later)]), [[[], 0], [['a…+'], 1], ['e…']])
  })

  it('are given before they are too long', () => {
    const long = 'x'.repeat(40_000)
    const [, second, rest] = joinAll([entry(long, { isPart: true }), entry(long, { isPart: true })])
    assert.deepEqual(second, [[`${long}${long}+`], undefined])
    assert.deepEqual(rest, [])
  })
})
