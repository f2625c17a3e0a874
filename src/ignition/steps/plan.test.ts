import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../ignition-schema/index.ts'
import { type Knowledge, planSteps } from './plan.ts'

const ignition = { version: '3.6.0' }
const knowledge: Knowledge = {
  depthOf: (path) => path.split('/').length,
  userOf: (name) => (name === 'core' ? { uid: 1000, gid: 1001, home: '/home/core' } : undefined),
}

function planned(config: Omit<Config, 'ignition'>): string[] {
  return planSteps({ ignition, ...config }, knowledge).map(({ kind, path }) => `${kind} ${path}`)
}

test('makes what is shallow first, and hard links after all that they may lead to', () => {
  assert.deepEqual(
    planned({
      storage: {
        files: [{ path: '/a/b/c' }, { path: '/x' }],
        directories: [{ path: '/a' }, { path: '/a/b' }],
        links: [
          { path: '/hard', target: '/a/b/c', hard: true },
          { path: '/a/soft', target: 'b' },
        ],
      },
    }),
    ['directory /a', 'file /x', 'directory /a/b', 'link /a/soft', 'file /a/b/c', 'link /hard'],
  )
})

test('units come last, drop-ins before their unit, and one preset for all', () => {
  assert.deepEqual(
    planned({
      storage: { files: [{ path: '/very/deep/down/below' }] },
      systemd: {
        units: [
          {
            name: 'a.service',
            contents: '[Service]',
            dropins: [{ name: 'x.conf', contents: 'x' }],
          },
          { name: 'b.service', enabled: true, mask: false },
        ],
      },
    }),
    [
      'file /very/deep/down/below',
      'file /etc/systemd/system/a.service.d/x.conf',
      'file /etc/systemd/system/a.service',
      'unmask /etc/systemd/system/b.service',
      'lines /etc/systemd/system-preset/20-ignition.preset',
    ],
  )
})

test('users and groups come first, then keys, which are their user’s', () => {
  const steps = planSteps(
    {
      ignition,
      passwd: {
        users: [
          { name: 'core', sshAuthorizedKeys: ['ssh-ed25519 A', 'ssh-ed25519 B\n'] },
          { name: 'gone', sshAuthorizedKeys: ['ssh-ed25519 A'], shouldExist: false },
        ],
      },
      storage: { files: [{ path: '/a' }] },
    },
    knowledge,
  )
  assert.deepEqual(
    steps.map(({ kind, path }) => `${kind} ${path}`),
    [
      'accounts /etc/passwd',
      'directory /home/core/.ssh',
      'directory /home/core/.ssh/authorized_keys.d',
      'file /home/core/.ssh/authorized_keys.d/ignition',
      'file /a',
    ],
  )
  const file = steps.find((step) => step.kind === 'file')
  assert.deepEqual([file?.user, file?.group, file?.mode], [{ id: 1000 }, { id: 1001 }, 0o600])
  const base64 = file?.contents?.source?.split(',')[1] ?? ''
  assert.equal(Buffer.from(base64, 'base64').toString(), 'ssh-ed25519 A\nssh-ed25519 B\n')
})

test('a masked unit has no contents, and units without any are left as they are', () => {
  assert.deepEqual(
    planned({
      systemd: {
        units: [
          { name: 'a.service', contents: '[Service]', mask: true },
          { name: 'b.service', contents: '', dropins: [{ name: 'x.conf' }] },
        ],
      },
    }),
    ['link /etc/systemd/system/a.service'],
  )
})

test('presets group the instances of a template', () => {
  const units = ['e@x.service', 'e@y.socket', 'e@z.service'].map((name) => ({
    name,
    enabled: true,
  }))
  const steps = planSteps(
    {
      ignition,
      systemd: {
        units: [
          ...units,
          { name: 'da.service', enabled: true },
          { name: 'c.timer', enabled: false },
          { name: 'd.service', enabled: false },
        ],
      },
    },
    knowledge,
  )
  const preset = steps.find((step) => step.kind === 'lines')
  assert.deepEqual(preset?.lines, [
    'disable c.timer',
    'disable d.service',
    'enable da.service',
    'enable e@.service x z',
    'enable e@.socket y',
  ])
})
