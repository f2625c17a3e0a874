import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../digest.ts'
import { savedFiles } from './saved-files.ts'

const layer = (digit: string) => ({ diffId: `sha256:${digit.repeat(64)}`, tarBytes: 10 })
const blob = (text: string) => `blobs/sha256/${digestOf(Buffer.from(text)).slice('sha256:'.length)}`

function textOf(files: ReturnType<typeof savedFiles>, name: string) {
  const file = files.find((one) => one.name === name)
  assert.ok(file !== undefined && 'text' in file, `${name} is there`)
  return JSON.parse(file.text)
}

test('images that share a layer are saved with each blob once, for readers of both formats', () => {
  const names = ['docker.io/library/app:1', 'docker.io/library/app:2']
  const files = savedFiles([
    { configText: '{"a":1}', names, layers: [layer('a'), layer('b')] },
    { configText: '{"b":1}', names: [], layers: [layer('a')] },
  ])
  const all = files.map(({ name }) => name)
  assert.deepEqual(all, [...new Set(all)])
  assert.equal(files.filter((file) => 'layer' in file).length, 2)

  const [first, second] = textOf(files, 'manifest.json')
  assert.equal(first.Config, blob('{"a":1}'))
  assert.deepEqual(first.RepoTags, ['app:1', 'app:2'])
  assert.deepEqual(
    first.Layers,
    ['a', 'b'].map((digit) => `blobs/sha256/${digit.repeat(64)}`),
  )
  assert.deepEqual([second.RepoTags, second.Layers.length], [null, 1])

  const { manifests } = textOf(files, 'index.json')
  assert.deepEqual(
    manifests.map(({ annotations }: { annotations?: Record<string, string> }) => [
      annotations?.['io.containerd.image.name'],
      annotations?.['org.opencontainers.image.ref.name'],
    ]),
    [
      [names[0], '1'],
      [names[1], '2'],
      [undefined, undefined],
    ],
  )
  for (const { digest } of manifests) {
    const manifest = textOf(files, `blobs/${digest.replace(':', '/')}`)
    assert.equal(manifest.layers[0].digest, layer('a').diffId)
  }
  const top = 'b'.repeat(64)
  assert.deepEqual(textOf(files, 'repositories'), { app: { '1': top, '2': top } })
})
