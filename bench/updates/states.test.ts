import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions, parseVersion } from '../../src/update/version.ts'
import { newestVersion, olderStates, titleOf } from './states.ts'

test('the title tells which package moved from where to where', () => {
  const before = new Map([
    ['linux-image-6.12.113+deb13-cloud-amd64', '6.12.113-1'],
    ['libssl3t64', '3.5.7-1'],
  ])
  const after = new Map([
    ['linux-image-6.12.118+deb13-cloud-amd64', '6.12.118-1'],
    ['libssl3t64', '3.5.9-1'],
  ])
  const title = 'A month'
  assert.equal(
    titleOf({ title, older: ['libssl3t64', 'linux-image-6'] }, before, after),
    'A month (libssl3t64 3.5.7-1 → 3.5.9-1, Linux 6.12.113-1 → 6.12.118-1)',
  )
  assert.equal(titleOf({ title, older: [] }, before, after), 'A month')
})

test('states are released oldest first, before the newest release', () => {
  const versions = [...olderStates.map(({ version }) => version), newestVersion].map(parseVersion)
  assert.deepEqual(versions.toSorted(compareVersions), versions)
})
