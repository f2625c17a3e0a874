import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('asks services at the clouds’ own addresses: by link-local IPv6, from a port of root, for name and keys', () => {
  const program = fileURLToPath(import.meta.resolve('../testing/link-local-services.ts'))
  const output = execFileSync('unshare', ['--net', process.execPath, program], { timeout: 60_000 })
  assert.deepEqual(JSON.parse(output.toString()), {
    zone: '[fe80::a9fe:a9fe]/a?b',
    openstack: '[fe80::a9fe:a9fe]/openstack/latest/user_data',
    asked: 2,
    scaleway: JSON.stringify({
      ignition: { version: '3.6.0' },
      passwd: { users: [{ name: 'core' }] },
      systemd: {
        units: [
          { name: 'afterburn-hostname.service', enabled: true },
          { name: 'afterburn-sshkeys@core.service', enabled: true },
        ],
      },
    }),
    lowPorts: true,
    offline: [0, true],
    provisioned: 0,
    hostname: 'scw-1\n',
    keys: 'ssh-ed25519 AAAA a\n',
    configs: ['metadata of scaleway', 'user data of scaleway'],
    warnings: [
      '$.passwd.users.0.sshAuthorizedKeys: the keys are written, but the host runs no SSH daemon: nobody can log in by them',
    ],
  })
})
