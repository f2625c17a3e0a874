import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NamedRecord, ReadRecord } from './image-records.ts'
import { findStored, storedImages } from './stored-image.ts'

const id = (digit: string) => `sha256:${digit.repeat(64)}`
const record = (configDigest: string): Omit<ReadRecord, 'reference'> => ({
  manifestDigest: id('f'),
  configDigest,
  configText: '{}',
  config: {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
  },
})
const named = (reference: string, configDigest: string, digest?: string): NamedRecord => ({
  ...record(configDigest),
  reference,
  ...(digest === undefined ? {} : { digest }),
})
const unnamed = (configDigest: string): ReadRecord => ({
  ...record(configDigest),
  reference: undefined,
})

describe('the images that records tell of', () => {
  it('have all the names that any record gives them, and each digest once', () => {
    const [image, ...others] = storedImages(
      [
        named('docker.io/library/a:1', id('a'), id('d')),
        named('docker.io/library/a:2', id('a'), id('d')),
        named(`docker.io/library/a:3@${id('d')}`, id('a')),
        named('host:5000/b:1', id('a')),
      ],
      [],
    )
    assert.deepEqual(others, [])
    assert.deepEqual(image?.tags, [
      'docker.io/library/a:1',
      'docker.io/library/a:2',
      'host:5000/b:1',
    ])
    assert.deepEqual(image?.digests, [`docker.io/library/a@${id('d')}`])
  })

  it('have no name when only such a record is there, and their names when both are', () => {
    const images = storedImages(
      [named('docker.io/library/a:1', id('a'))],
      [unnamed(id('a')), unnamed(id('b'))],
    )
    assert.deepEqual(
      images.map(({ id: one, tags, records }) => [one, tags, records.length]),
      [
        [id('a'), ['docker.io/library/a:1'], 1],
        [id('b'), [], 1],
      ],
    )
  })

  const images = storedImages(
    [
      named('docker.io/library/a:latest', id('a'), id('d')),
      named('docker.io/library/abc:latest', `sha256:1${'b'.repeat(63)}`),
      named('docker.io/library/bb:latest', `sha256:1${'c'.repeat(63)}`),
    ],
    [],
  )
  for (const [wanted, found] of [
    ['a', id('a')],
    ['docker.io/library/a:latest', id('a')],
    ['a:2', undefined],
    [`a@${id('d')}`, id('a')],
    [`a:other@${id('d')}`, id('a')],
    [id('a'), id('a')],
    ['a'.repeat(64), id('a')],
    ['aaaa', id('a')],
    ['sha256:aaaa', id('a')],
    // A name comes before the beginning of an id.
    ['abc', `sha256:1${'b'.repeat(63)}`],
    // The beginning of two.
    ['1', undefined],
    ['1b', `sha256:1${'b'.repeat(63)}`],
    ['e'.repeat(64), undefined],
  ] as const)
    it(`are found by ${wanted}, or not, as Docker finds them`, () => {
      assert.equal(findStored(images, wanted)?.id, found)
    })
})
