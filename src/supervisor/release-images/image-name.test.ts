import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveImage } from './image-name.ts'
import { imageSetText, parseImageSet, pinnedReference, releaseImages } from './image-set.ts'

const digest = `sha256:${'a'.repeat(64)}`
const images = { web: `registry.example/team/web@${digest}` }

describe('an image that belongs to the release', () => {
  it('is what the running release has under its name; every other reference is itself', () => {
    assert.equal(resolveImage('slipway.release/web', images), images.web)
    for (const other of ['web', 'registry.example/slipway.release/web:1', `web@${digest}`])
      assert.equal(resolveImage(other, images), other)
  })

  for (const [image, known, expected] of [
    ['slipway.release/wbe', images, /has no image "wbe"; did you mean "web"/],
    ['slipway.release/constructor', images, /has no image "constructor"/],
    ['slipway.release/web', {}, /brings no images, so not "web"/],
    ['slipway.release/web:1.4', images, /without tag and digest, which the release decides/],
    [`slipway.release/web@${digest}`, images, /without tag and digest/],
    ['slipway.release:443/web', images, /expected slipway\.release\/NAME/],
    ['Slipway.Release/web', images, /expected slipway\.release\/NAME/],
  ] as const)
    it(`is not ${image}, with its reason (${Object.keys(known).join() || 'no images'})`, () => {
      assert.throws(() => resolveImage(image, known), expected)
    })
})

describe('the images of a release', () => {
  it('are decided by their digests alone', () => {
    assert.equal(pinnedReference(`web:1.4@${digest}`), `docker.io/library/web@${digest}`)
    for (const [reference, expected] of [
      ['web:1.4', /expected REPOSITORY@sha256:DIGEST/],
      [`web@sha512:${'a'.repeat(128)}`, /expected REPOSITORY@sha256:DIGEST/],
      [`Web@${digest}`, /lower case/],
    ] as const)
      assert.throws(() => pinnedReference(reference), expected)
  })

  it('are read back as they were written', () => {
    const set = { version: '1.4.2', images }
    assert.deepEqual(parseImageSet(Buffer.from(imageSetText(set))), set)
  })

  for (const [what, text, expected] of [
    ['of a later format', '{"formatVersion":2}', /format version is 2/],
    ['without a version', '{"formatVersion":1,"images":{}}', /version is not a text/],
    ['that are a list', '{"formatVersion":1,"version":"1","images":[]}', /images is not an object/],
    [
      'with a name that leads elsewhere',
      '{"formatVersion":1,"version":"1","images":{"../x":"y"}}',
      /"\.\.\/x", which is no name/,
    ],
    [
      'without a digest',
      '{"formatVersion":1,"version":"1","images":{"x":"y:1"}}',
      /images\.x: expected REPOSITORY@sha256:DIGEST, found "y:1"/,
    ],
  ] as const)
    it(`are refused ${what}`, () => {
      assert.throws(() => parseImageSet(Buffer.from(text)), expected)
    })

  it('do not get names of JavaScript’s own', () => {
    const value: unknown = JSON.parse(`{"__proto__":"web@${digest}"}`)
    assert.throws(() => releaseImages(value, 'images'), /no name of an image/)
  })
})
