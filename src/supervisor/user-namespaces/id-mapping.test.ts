import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  hostId,
  idMapOption,
  idMapText,
  mountIdMappings,
  namespaceId,
  readOnlyIdMappings,
} from './id-mapping.ts'

const mapping = { firstId: 100000, count: 65536 }

describe('ids of a user namespace', () => {
  it('are a range of the host’s, and back', () => {
    for (const [own, host] of [
      [0, 100000],
      [1000, 101000],
      [65535, 165535],
    ] as const) {
      assert.equal(hostId(mapping, own), host)
      assert.equal(namespaceId(mapping, host), own)
    }
  })

  it('end where the range ends', () => {
    assert.equal(hostId(mapping, 65536), undefined)
    for (const host of [0, 99999, 165536]) assert.equal(namespaceId(mapping, host), 65534)
  })

  it('are told to the kernel and to mount(8), with an id for the host’s root where it writes', () => {
    assert.equal(idMapText(mapping), '0 100000 65536\n')
    assert.equal(
      idMapOption(mountIdMappings(mapping)),
      'X-mount.idmap=b:0:100000:65536 b:65536:0:1',
    )
    assert.equal(idMapOption(readOnlyIdMappings(mapping)), 'X-mount.idmap=b:0:100000:65536')
  })
})
