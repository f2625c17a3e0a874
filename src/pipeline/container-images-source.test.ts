import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseImageSet } from '../supervisor/release-images/image-set.ts'
import { containerImagesSource, pinnedImages } from './container-images-source.ts'

const digest = `sha256:${'a'.repeat(64)}`

test('a release without container images has no file of them', () => {
  assert.deepEqual(containerImagesSource({}, '1.0'), [])
})

test('the container images go into /usr with the version, by their digests alone', () => {
  const images = pinnedImages({ web: `web:1.4@${digest}`, db: `registry.example/db@${digest}` })
  const [source] = containerImagesSource(images, '1.0')
  assert.equal(source?.destination, '/usr/share/slipway/images.json')
  assert.deepEqual(parseImageSet(Buffer.from(source?.text ?? '')), {
    version: '1.0',
    images: { db: `registry.example/db@${digest}`, web: `docker.io/library/web@${digest}` },
  })
})
