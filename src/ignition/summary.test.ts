import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../ignition-schema/index.ts'
import { KeptHere, KeptInJournal, partitionName } from './kept.ts'
import { summarize } from './summary.ts'

const none = {
  ...{ partitions: [], arrays: [], volumes: [], filesystems: [] },
  ...{ groups: [], users: [], directories: [], files: [], links: [] },
}

function parsed(config: object) {
  const parsed = parseConfig(JSON.stringify(config), 'user.ign')
  assert.ok(parsed.config !== undefined)
  return { config: parsed.config, problem: parsed.problem }
}

test('names what a config made and removed, and what it warned of, but no secret', () => {
  const { config, problem } = parsed({
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
  })
  const warning = problem('warning', ['systemd', 'units', 0, 'enabled'], 'no effect')
  const summary = summarize(config, [warning], {
    documents: [{ source: 'user.ign', text: 'secret' }],
    fetched: [{ source: 'https://a.example/b', sizeBytes: 3, sha256: 'abc' }],
    kept: [],
  })
  assert.deepEqual(summary, {
    made: { ...none, groups: ['team'], users: ['core'], files: ['/a'], units: ['a.service'] },
    removed: { partitions: [], groups: ['old'], users: ['gone'] },
    skipped: none,
    configs: [
      {
        source: 'user.ign',
        sha256: '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b',
      },
    ],
    fetched: [{ source: 'https://a.example/b', sizeBytes: 3, sha256: 'abc' }],
    warnings: ['$.systemd.units.0.enabled: no effect'],
  })
  assert.doesNotMatch(JSON.stringify(summary), /secret/)
})

test('tells apart what was made or removed and what was left as it was', () => {
  const { config } = parsed({
    ignition: { version: '3.6.0' },
    passwd: { users: [{ name: 'core' }, { name: 'gone', shouldExist: false }] },
    storage: {
      disks: [
        {
          device: '/dev/b',
          partitions: [
            { number: 1 },
            { label: 'd' },
            { number: 3, shouldExist: false, wipePartitionEntry: true },
          ],
        },
      ],
      raid: [{ name: 'r', level: 'raid1', devices: ['/dev/c', '/dev/d'] }],
      luks: [{ name: 'v', device: '/dev/e' }],
      filesystems: [{ device: '/dev/f', format: 'ext4', path: '/f' }, { device: '/dev/g' }],
      files: [{ path: '/a' }, { path: '/b' }],
    },
  })
  const states = new Map<string, string>()
  const journal = {
    get: (key: string) => states.get(key),
    record: (key: string, state: string) => states.set(key, state),
  }
  const [here, lasting] = [new KeptHere(), new KeptInJournal(journal)]
  lasting.add('partitions', partitionName('/dev/b', { label: 'd' }), 'matches')
  lasting.add('users', 'gone', 'not there')
  here.add('files', '/b', 'same')
  here.add('files', '/of/a/unit', 'same')
  const kept = [here, new KeptInJournal(journal)]
  const { made, removed, skipped } = summarize(config, [], { fetched: [], kept })
  assert.deepEqual(made, {
    ...none,
    partitions: ['/dev/b 1'],
    ...{ arrays: ['r'], volumes: ['v'], filesystems: ['/dev/f'] },
    ...{ users: ['core'], files: ['/a'], units: [] },
  })
  assert.deepEqual(removed, { partitions: ['/dev/b 3'], groups: [], users: [] })
  assert.deepEqual(skipped, {
    ...none,
    partitions: [{ name: '/dev/b "d"', reason: 'matches' }],
    users: [{ name: 'gone', reason: 'not there' }],
    files: [{ name: '/b', reason: 'same' }],
  })
})
