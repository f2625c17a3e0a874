import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadedProfiles } from './loaded-profiles.ts'

describe('the profiles that the kernel has', () => {
  it('are known by their names, whatever their mode', () => {
    const text = 'docker-default (enforce)\n/usr/bin/man (complain)\nmy app (x) (unconfined)\n'
    assert.deepEqual([...loadedProfiles(text)], ['docker-default', '/usr/bin/man', 'my app (x)'])
  })

  it('are none where none was loaded', () => {
    assert.deepEqual([...loadedProfiles('')], [])
  })
})
