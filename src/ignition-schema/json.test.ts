import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JsonNode, JsonSyntaxError, parseJson } from './json.ts'

function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]))
    case 'array':
      return node.items.map(plain)
    case 'null':
      return null
    default:
      return node.value
  }
}

function outcome(parse: () => unknown): unknown {
  try {
    return { value: parse() }
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof SyntaxError) return 'not JSON'
    throw error
  }
}

const seed =
  '{"a": [1, -2.5e+3, true, false, null, "\\u00e9\\n\\"x", {}], "b": {"c": [[]]}, "a": 0}'

test('agrees with JSON.parse on a text and on every text with one character changed', () => {
  const texts = [
    seed,
    '',
    ' ',
    '1 2',
    '01',
    '1.',
    '.5',
    '-',
    '"\t"',
    '"\\x"',
    'nul',
    'nulls',
    '[1,]',
    '\u00a0{}',
  ]
  for (let index = 0; index < seed.length; index++) {
    texts.push(seed.slice(0, index) + seed.slice(index + 1))
    for (const character of '{}[]",:0e.-\\ntx\u0000')
      texts.push(seed.slice(0, index) + character + seed.slice(index + 1))
  }
  for (const text of texts)
    assert.deepEqual(
      outcome(() => plain(parseJson(text))),
      outcome(() => JSON.parse(text)),
      text,
    )
})

test('knows where each value and key begins', () => {
  const node = parseJson('{"a":\n [10, "b"]}')
  assert.ok(node.kind === 'object')
  const [member] = node.members
  assert.equal(member?.keyOffset, 1)
  assert.ok(member?.value.kind === 'array')
  assert.deepEqual(
    member.value.items.map(({ offset }) => offset),
    [8, 12],
  )
})

test('refuses nesting that would exhaust the stack', () => {
  assert.throws(() => parseJson('['.repeat(100_000)), JsonSyntaxError)
})

test('reads strings of many megabytes', () => {
  const text = 'x\n'.repeat(4_000_000)
  const node = parseJson(JSON.stringify(text))
  assert.ok(node.kind === 'string' && node.value === text)
})
