import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withoutVersion } from './versions.ts'

describe('the version in a path', () => {
  it('is optional', () => {
    assert.deepEqual(withoutVersion(['info']), ['info'])
    assert.deepEqual(withoutVersion(['v1.40', 'info']), ['info'])
    assert.deepEqual(withoutVersion(['v1.47', 'info']), ['info'])
  })

  it('is refused when it is too old or too new', () => {
    assert.throws(() => withoutVersion(['v1.39', 'info']), { status: 400, message: /too old/ })
    assert.throws(() => withoutVersion(['v9.99', 'info']), {
      status: 400,
      message: 'client version 9.99 is too new. Maximum supported API version is 1.47',
    })
  })
})
