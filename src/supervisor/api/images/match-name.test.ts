import assert from 'node:assert/strict'
import { it } from 'node:test'
import { matchesName } from './match-name.ts'

for (const [pattern, name, expected] of [
  ['busybox', 'docker.io/library/busybox:1', true],
  ['busybox:1', 'docker.io/library/busybox:1', true],
  ['busy*:?', 'docker.io/library/busybox:1', true],
  ['busybox:2', 'docker.io/library/busybox:1', false],
  ['*', 'docker.io/team/app:1', false],
  ['*/*', 'docker.io/team/app:1', true],
  ['host:5000/app', 'host:5000/app:1', true],
  ['app', 'host:5000/app:1', false],
  ['[a-c]pp:[^2]', 'docker.io/library/app:1', true],
  ['a.p', 'docker.io/library/app:1', false],
] as const)
  it(`the pattern ${pattern} ${expected ? 'fits' : 'does not fit'} ${name}`, () => {
    assert.equal(matchesName(pattern, name), expected)
  })
