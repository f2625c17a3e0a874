import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sideBySide } from './comparison.ts'

it('shows both outputs side by side, and marks what is not the same', () => {
  const docker = { status: 0, stdout: 'NAME  SIZE\nx  1\n', stderr: '' }
  const slipway = { status: 1, stdout: 'NAME  SIZE\n', stderr: '' }
  assert.equal(
    sideBySide('docker images', docker, slipway),
    [
      '$ docker images',
      'docker | slipway',
      '-- exit status',
      '0 | 1',
      '-- stdout',
      'NAME  SIZE   NAME  SIZE',
      'x  1       |',
      '',
    ].join('\n'),
  )
})
