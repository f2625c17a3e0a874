import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, mergeConfigs, parseConfig } from '../../ignition-schema/index.ts'
import type { PlatformMetadata } from '../providers/provider.ts'
import { NetworkNeededError } from '../sources/failure.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { askedMetadata } from './asked.ts'
import { metadataDocument } from './document.ts'
import { metadataWarnings } from './warnings.ts'

const key = 'ssh-ed25519 AAAA a'
const ignition = { version: '3.6.0' } as const
const units = ['afterburn-hostname.service', 'afterburn-sshkeys@core.service'].map((name) => ({
  name,
  enabled: true,
}))
const knowing = (hostname?: string, keys?: readonly string[]): PlatformMetadata => ({
  hostname: async () => hostname,
  ...(keys && { sshKeys: async () => keys }),
})

function documentOf(config: Config, metadata?: PlatformMetadata) {
  const log = quietLog()
  const fetcher = new Fetcher({ log, platform: 'hetzner' })
  const provider = { fetch: async () => undefined, ...(metadata && { metadata }) }
  return metadataDocument(config, { provider, fetcher, log })
}

test('asks the platform by the units that a config enables, unless it masks or writes them', () => {
  const asked = askedMetadata({
    ignition,
    systemd: {
      units: [
        ...units,
        { name: 'coreos-metadata-sshkeys@app.service', enabled: true },
        { name: 'afterburn-sshkeys@core.service', enabled: true },
        { name: 'afterburn-sshkeys@own.service', enabled: true, contents: '[Unit]' },
        { name: 'afterburn-sshkeys@masked.service', enabled: true, mask: true },
        { name: 'afterburn-sshkeys@off.service', enabled: false },
        { name: 'afterburn-sshkeys@other.service' },
      ],
    },
  })
  assert.deepEqual(asked, { hostname: true, sshKeys: ['core', 'app'] })
  assert.deepEqual(askedMetadata({ ignition }), { hostname: false, sshKeys: [] })
})

test('puts what the platform tells below the config, as a config of its own', async () => {
  const config: Config = {
    ignition,
    passwd: { users: [{ name: 'core', uid: 1500, sshAuthorizedKeys: ['ssh-rsa B b'] }] },
    systemd: { units },
  }
  const found = await documentOf(config, knowing('web-1', [key, key]))
  assert.ok(found !== undefined)
  assert.equal(found.document.source, 'metadata of hetzner')
  assert.deepEqual(parseConfig(found.document.text, 'a').problems, [])
  const merged = mergeConfigs(found.config, config)
  assert.deepEqual(merged.passwd?.users, [
    { name: 'core', uid: 1500, sshAuthorizedKeys: [key, 'ssh-rsa B b'] },
  ])
  assert.deepEqual(merged.storage?.files, [
    {
      path: '/etc/hostname',
      mode: 0o644,
      overwrite: true,
      contents: { source: 'data:,web-1%0A' },
    },
  ])
})

test('leaves a host name of the config’s own, and asks for nothing that it does not want', async () => {
  const never: PlatformMetadata = {
    hostname: async () => assert.fail('asked for the name'),
    sshKeys: async () => assert.fail('asked for keys'),
  }
  assert.equal(await documentOf({ ignition }, never), undefined)
  const own = { path: '/etc/hostname', contents: { source: 'data:,mine' } }
  const named = { ignition, storage: { files: [own] }, systemd: { units: units.slice(0, 1) } }
  assert.equal(await documentOf(named, never), undefined)
})

test('warns of what the platform does not tell', async () => {
  const config: Config = { ignition, systemd: { units } }
  const said = (whole: Config) => {
    const parsed = parseConfig(JSON.stringify(whole), 'c')
    return metadataWarnings(whole, parsed).map(({ path, message }) => `${path}: ${message}`)
  }
  const all = [
    '$.systemd.units.0.enabled: the platform tells no host name',
    '$.systemd.units.1.enabled: the platform tells no SSH keys',
  ]
  assert.equal(await documentOf(config), undefined)
  assert.equal(await documentOf(config, knowing('not a name', [])), undefined)
  assert.deepEqual(said(config), all)
  const half = await documentOf(config, knowing('web-1'))
  assert.deepEqual(said(mergeConfigs(half?.config ?? config, config)), all.slice(1))
})

test('needs the network where the platform does', async () => {
  const metadata = { hostname: () => Promise.reject(new NetworkNeededError('the service')) }
  await assert.rejects(documentOf({ ignition, systemd: { units } }, metadata), NetworkNeededError)
})
