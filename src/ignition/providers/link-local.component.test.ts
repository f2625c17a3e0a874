import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('asks services at the clouds’ own addresses: by link-local IPv6, and from a port of root', () => {
  const program = fileURLToPath(import.meta.resolve('../testing/link-local-services.ts'))
  const output = execFileSync('unshare', ['--net', process.execPath, program], { timeout: 60_000 })
  assert.deepEqual(JSON.parse(output.toString()), {
    zone: '[fe80::a9fe:a9fe]/a?b',
    openstack: '[fe80::a9fe:a9fe]/openstack/latest/user_data',
    asked: 2,
    scaleway: 'to root',
    lowPorts: true,
  })
})
