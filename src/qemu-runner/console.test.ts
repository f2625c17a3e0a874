import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SerialConsole } from './console.ts'

function consoleWith(signs: { name: string; pattern: RegExp }[] = []) {
  let now = 0
  return { console: new SerialConsole(signs, () => now), at: (ms: number) => (now = ms) }
}

test('lines carry their number and the time of their end', () => {
  const { console, at } = consoleWith()
  at(10)
  console.push(Buffer.from('one\ntw'))
  at(20)
  console.push(Buffer.from('o\n'))
  assert.deepEqual(console.lines, [
    { index: 0, text: 'one', atMs: 10 },
    { index: 1, text: 'two', atMs: 20 },
  ])
})

test('a search finds lines already there, but none up to the one named', () => {
  const { console } = consoleWith()
  console.push(Buffer.from('boot\nboot\n'))
  const found: number[] = []
  console.find(/boot/, -1, ({ index }) => found.push(index))
  console.find(/boot/, 0, ({ index }) => found.push(index))
  console.find(/boot/, 1, ({ index }) => found.push(index))
  assert.deepEqual(found, [0, 1])
  console.push(Buffer.from('boot\nboot\n'))
  assert.deepEqual(found, [0, 1, 2])
})

test('only the first sign of trouble is told, and patterns with flags do not forget lines', () => {
  const { console } = consoleWith([{ name: 'panic', pattern: /panic/g }])
  const told: string[] = []
  console.onTrouble = ({ sign, line }) => told.push(`${sign}: ${line.text}`)
  console.push(Buffer.from('fine\na panic\nanother panic\n'))
  assert.deepEqual(told, ['panic: a panic'])
  assert.equal(console.trouble?.line.index, 1)
})

test('the tail is the last lines and the open one', () => {
  const { console } = consoleWith()
  console.push(Buffer.from('1\n2\n3\nlogin: '))
  assert.equal(console.tail(3), '2\n3\nlogin: ')
})

test('the open line becomes a line at the end', () => {
  const { console } = consoleWith()
  console.push(Buffer.from('last words'))
  console.end()
  assert.deepEqual(
    console.lines.map(({ text }) => text),
    ['last words'],
  )
})
