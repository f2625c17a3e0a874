import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { StoredImage } from '../stored-image.ts'
import { wantedImages } from './wanted-images.ts'

const image = (digit: string, tags: readonly string[]): StoredImage => ({
  id: `sha256:${digit.repeat(64)}`,
  tags,
  digests: [],
  records: [],
})
const images = [
  image('a', ['docker.io/library/app:1', 'docker.io/library/other:1']),
  image('b', ['docker.io/library/app:2']),
  image('c', []),
]

const cases: readonly [wanted: readonly string[], expected: readonly (readonly string[])[]][] = [
  [['app:1'], [['a', 'docker.io/library/app:1']]],
  [
    ['app'],
    [
      ['a', 'docker.io/library/app:1'],
      ['b', 'docker.io/library/app:2'],
    ],
  ],
  [['app:1', 'other', 'app:1'], [['a', 'docker.io/library/app:1', 'docker.io/library/other:1']]],
  [['a'.repeat(12)], [['a']]],
  [[`sha256:${'c'.repeat(64)}`], [['c']]],
  [['b'.repeat(64), 'app:2'], [['b', 'docker.io/library/app:2']]],
]

describe('images to save are those that names and ids mean', () => {
  const missing = (name: string) => new Error(`no ${name}`)
  for (const [wanted, expected] of cases)
    test(wanted.map((name) => name.slice(0, 20)).join(' '), () => {
      const found = wantedImages(images, wanted, missing)
      assert.deepEqual(
        found.map(({ image: { id }, names }) => [id.slice(-1), ...names]),
        expected,
      )
    })

  test('and what means nothing is told', () =>
    assert.throws(() => wantedImages(images, ['app:1', 'app:3'], missing), /no app:3/))
})
