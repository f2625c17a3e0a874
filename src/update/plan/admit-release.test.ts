import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReleaseDescription } from '../release.ts'
import { inadmissible } from './admit-release.ts'

const artifact = (name: string) => ({
  target: `releases/qemu/2/${name}`,
  sizeBytes: 4096,
  sha256: 'ab'.repeat(32),
})

const description: ReleaseDescription = {
  formatVersion: 1,
  image: 'qemu',
  version: '2',
  architecture: 'amd64',
  createdAt: '2026-01-15T04:00:00Z',
  rootHash: 'cd'.repeat(32),
  usr: artifact('usr.erofs'),
  verity: artifact('usr.verity'),
  uki: artifact('slipway.efi'),
}

describe('the description of a release', () => {
  const claim = { image: 'qemu', architecture: 'amd64', version: '2' }

  it('that fits the host is admitted', () =>
    assert.equal(inadmissible(claim, description), undefined))

  for (const [change, reason] of [
    [{ version: '3' }, 'the description of 2 is of the version 3'],
    [{ image: 'metal' }, 'the description of 2 is of the image metal, and this host has qemu'],
    [{ architecture: 'arm64' }, 'the description of 2 is for arm64, and this host is amd64'],
    [{ rootHash: '' }, 'the description of 2 has no root hash of SHA-256'],
    [{ rootHash: 'CD'.repeat(32) }, 'the description of 2 has no root hash of SHA-256'],
  ] as const)
    it(`is refused: ${reason}`, () =>
      assert.equal(inadmissible(claim, { ...description, ...change }), reason))
})
