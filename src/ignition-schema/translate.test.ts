import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, type ConfigOf, parseConfig, translate, versions } from './index.ts'

test('a config of 3.0.0 keeps what it says, though its references became resources', () => {
  const old: ConfigOf<'3.0.0'> = {
    ignition: {
      version: '3.0.0',
      config: { merge: [{ source: 'http://h/' }], replace: { source: 'https://h/' } },
      security: { tls: { certificateAuthorities: [{ source: 'data:,x' }] } },
      timeouts: { httpTotal: 1 },
    },
    storage: {
      raid: [{ name: 'r', level: 'raid1', devices: ['/dev/a'] }],
      links: [{ path: '/l', target: '/t' }],
      files: [{ path: '/f', contents: { source: 'data:,x', compression: 'gzip' } }],
    },
  }
  const expected: Config = { ...old, ignition: { ...old.ignition, version: '3.6.0' } }
  assert.deepEqual(translate(old, '3.0.0'), expected)
})

test('volumes of 3.2.0 keep their pins, and what was null is not there', () => {
  const luks = {
    name: 'l',
    device: '/dev/a',
    clevis: { custom: { pin: 'tang', config: '{}', needsNetwork: true } },
  }
  const { config } = parseConfig(
    JSON.stringify({
      ignition: { version: '3.2.0' },
      storage: { luks: [luks, { name: 'm', device: '/dev/b', clevis: null }] },
    }),
    'test',
  )
  assert.deepEqual(config?.storage?.luks, [luks, { name: 'm', device: '/dev/b' }])
})

test('an advertisement of 3.4.0 is kept, which the reference implementation loses', () => {
  const tang = [{ url: 'http://h', thumbprint: 't', advertisement: '{}' }]
  const old: ConfigOf<'3.4.0'> = {
    ignition: { version: '3.4.0' },
    storage: { luks: [{ name: 'l', device: '/dev/a', clevis: { tang } }] },
  }
  assert.deepEqual(translate(old, '3.4.0').storage?.luks?.[0]?.clevis?.tang, tang)
})

test('special bits of modes are those of 3.6.0 only', () => {
  for (const version of versions) {
    const config = {
      ignition: { version },
      storage: {
        files: [{ path: '/a', mode: 0o4755 }, { path: '/b' }],
        directories: [{ path: '/c', mode: 0o1777 }],
      },
    }
    const { storage } = translate(config, version)
    const modes = [storage?.files?.[0], storage?.directories?.[0]].map((node) => node?.mode)
    assert.deepEqual(modes, version === '3.6.0' ? [0o4755, 0o1777] : [0o755, 0o777], version)
    assert.deepEqual(storage?.files?.[1], { path: '/b' })
  }
})

test('a null host without proxy of 3.3.0 is an empty text, as Go reads it', () => {
  const { config } = parseConfig(
    '{"ignition":{"version":"3.3.0","proxy":{"noProxy":["a",null]}}}',
    'test',
  )
  assert.deepEqual(config?.ignition.proxy?.noProxy, ['a', ''])
})
