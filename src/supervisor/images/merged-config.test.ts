import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergedConfig } from './merged-config.ts'

const container = {
  Env: ['A=1', 'B=2'],
  Cmd: ['serve'],
  Entrypoint: ['/entry'],
  Labels: { one: '1' },
  User: 'web',
  ExposedPorts: { '80/tcp': {} },
}

test('what a client does not say of a new image is what its container has', () =>
  assert.deepEqual(
    mergedConfig({ Env: null, Labels: {}, User: '', Cmd: [] }, container),
    container,
  ))

test('variables, labels and ports of both are there, and the client’s win', () =>
  assert.deepEqual(
    mergedConfig(
      { Env: ['B=3'], Labels: { one: '2', two: '2' }, ExposedPorts: { '81/tcp': {} } },
      container,
    ),
    {
      ...container,
      Env: ['B=3', 'A=1'],
      Labels: { one: '2', two: '2' },
      ExposedPorts: { '80/tcp': {}, '81/tcp': {} },
    },
  ))

test('a new entry point comes without the command of the container', () => {
  const { Cmd, Entrypoint } = mergedConfig({ Entrypoint: ['/other'] }, container)
  assert.deepEqual([Entrypoint, Cmd], [['/other'], null])
})
