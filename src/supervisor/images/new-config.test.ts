import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseImageConfig } from './image-config.ts'
import { newImageConfig } from './new-config.ts'

const layer = (digit: string) => `sha256:${digit.repeat(64)}`
const base = {
  config: { Cmd: ['sh'] },
  author: '',
  comment: '',
  createdAt: '2026-01-02T03:04:05Z',
  version: '1',
  platform: { os: 'linux', architecture: 'amd64' },
}

test('an image of a container stands on the layers and the history of that container’s image', () => {
  const parentText = JSON.stringify({
    history: [{ created_by: 'first' }],
    rootfs: { type: 'layers', diff_ids: [layer('a')] },
  })
  const container = { id: 'c1', config: { Cmd: ['sh', '-c', 'touch x'] } }
  const text = newImageConfig({
    ...base,
    parentText,
    container,
    diffId: layer('b'),
    author: 'me',
    comment: 'why',
  })
  const { rootfs, history, author, container: from } = JSON.parse(text)
  assert.deepEqual(rootfs.diff_ids, [layer('a'), layer('b')])
  assert.deepEqual(history, [
    { created_by: 'first' },
    { created: base.createdAt, author: 'me', created_by: 'sh -c touch x', comment: 'why' },
  ])
  assert.deepEqual([author, from], ['me', 'c1'])
  const parsed = parseImageConfig(Buffer.from(text))
  assert.deepEqual(parsed.config, { Cmd: ['sh'] })
})

test('one without a layer of its own has a history entry that says so', () => {
  const { rootfs, history } = JSON.parse(newImageConfig({ ...base, diffId: undefined }))
  assert.deepEqual([rootfs.diff_ids, history[0].empty_layer], [[], true])
})
