import assert from 'node:assert/strict'
import { test } from 'node:test'
import { merge } from './merge.ts'

const merging = [
  {
    name: 'texts and numbers of the child win',
    parent: { a: 'x', b: 1, c: 'stays' },
    child: { a: 'y', b: 2 },
    value: { a: 'y', b: 2, c: 'stays' },
  },
  {
    name: 'maps merge key by key, at every depth',
    parent: { m: { deep: { a: 'x', b: 'x' }, other: 'x' } },
    child: { m: { deep: { b: 'y', c: 'y' } } },
    value: { m: { deep: { a: 'x', b: 'y', c: 'y' }, other: 'x' } },
  },
  {
    name: 'lists append what is new',
    parent: { l: ['a', 'b'] },
    child: { l: ['b', 'c'] },
    value: { l: ['a', 'b', 'c'] },
  },
  {
    name: 'an item with "!" drops the inherited one',
    parent: { l: ['a', 'b', 'c'] },
    child: { l: ['!b', 'd'] },
    value: { l: ['a', 'c', 'd'] },
  },
  {
    name: 'dropping and adding an item moves it to the end',
    parent: { l: ['a', 'b'] },
    child: { l: ['!a', 'a'] },
    value: { l: ['b', 'a'] },
  },
  {
    name: 'null drops an inherited key',
    parent: { m: { a: 'x', b: 'x' } },
    child: { m: { a: null } },
    value: { m: { b: 'x' } },
  },
]

for (const { name, parent, child, value } of merging)
  test(name, () => {
    assert.deepEqual(merge(parent, child), { value, idleDrops: [] })
  })

test('a drop of what is not inherited is told', () => {
  assert.deepEqual(merge({ l: ['a'] }, { l: ['!b'], m: { x: null } }), {
    value: { l: ['a'], m: {} },
    idleDrops: [
      { path: ['l', '!b'], message: 'drops an item that is not inherited' },
      { path: ['m', 'x'], message: 'drops a key that is not inherited' },
    ],
  })
})

test('merging changes neither the parent nor the child', () => {
  const parent = { l: ['a'], m: { x: 'y' } }
  const child = { l: ['!a'], m: { x: null } }
  merge(parent, child)
  assert.deepEqual(parent, { l: ['a'], m: { x: 'y' } })
  assert.deepEqual(child, { l: ['!a'], m: { x: null } })
})
