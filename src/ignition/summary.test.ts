import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../ignition-schema/index.ts'
import { summarize } from './summary.ts'

test('names what a config made and removed, and what it warned of, but no secret', () => {
  const config = {
    ignition: { version: '3.6.0' },
    passwd: {
      groups: [{ name: 'team' }, { name: 'old', shouldExist: false }],
      users: [
        { name: 'core', passwordHash: '$6$secret', sshAuthorizedKeys: ['ssh-ed25519 secret'] },
        { name: 'gone', shouldExist: false },
      ],
    },
    storage: { files: [{ path: '/a', contents: { source: 'data:,secret' } }] },
    systemd: { units: [{ name: 'a.service', enabled: true }] },
  }
  const parsed = parseConfig(JSON.stringify(config), 'user.ign')
  assert.ok(parsed.config !== undefined)
  const warning = parsed.problem('warning', ['systemd', 'units', 0, 'enabled'], 'no effect')
  const summary = summarize(parsed.config, [warning])
  assert.deepEqual(summary, {
    made: {
      groups: ['team'],
      users: ['core'],
      directories: [],
      files: ['/a'],
      links: [],
      units: ['a.service'],
    },
    removed: { groups: ['old'], users: ['gone'] },
    warnings: ['$.systemd.units.0.enabled: no effect'],
  })
  assert.doesNotMatch(JSON.stringify(summary), /secret/)
})
