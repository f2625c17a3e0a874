import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerCgroup } from './cgroup.ts'

test('the cgroup of a container is its own, also when its first process went to one below', () => {
  const scope = '/slipway.slice/slipway-containers.slice/slipway-container-ab-1.scope/container'
  assert.equal(containerCgroup(`0::${scope}\n`, 'abcd'), scope)
  assert.equal(containerCgroup(`1:cpu:/x\n0::${scope}/init.scope\n`, 'abcd'), scope)
  assert.equal(
    containerCgroup('0::/slipway-containers/abcd/init\n', 'abcd'),
    '/slipway-containers/abcd',
  )
  assert.equal(containerCgroup('0::/elsewhere\n', 'abcd'), '/elsewhere')
})
