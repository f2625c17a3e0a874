import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Luks, parseConfig } from '../../ignition-schema/index.ts'
import { TargetRoot } from '../root/target-root.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { serve } from '../testing/servers.ts'
import { volumeKeys } from './volume-keys.ts'

/** The keys that a config's volumes get, and what was asked of a server that answers as told. */
async function keysOf(t: TestContext, volumes: (server: string) => readonly Luks[], body: Buffer) {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-keys-'))
  t.after(() => rm(directory, { recursive: true }))
  await using server = await serve(() => ({ body }))
  const luks = volumes(`http://127.0.0.1:${server.port}`)
  const text = JSON.stringify({ ignition: { version: '3.4.0' }, storage: { luks } })
  const { keys, findings } = await volumeKeys(luks, {
    parsed: parseConfig(text, 'config'),
    root: new TargetRoot(directory),
    records: { get: () => undefined },
    fetcher: new Fetcher({ log: quietLog(), platform: 'metal', totalMs: 5000 }),
  })
  assert.deepEqual(findings, [])
  return { keys, seen: server.seen }
}

const device = '/dev/disk/by-partlabel/secret'

test('a key file that is elsewhere is fetched, with its headers, and decompressed', async (t) => {
  const volumes = (server: string): Luks[] => [
    {
      ...{ name: 'secret', device },
      keyFile: {
        ...{ source: `${server}/key`, compression: 'gzip' },
        httpHeaders: [{ name: 'Authorization', value: 'Bearer x' }],
      },
    },
  ]
  const { keys, seen } = await keysOf(t, volumes, gzipSync('the key'))
  assert.equal(keys.get('secret')?.toString(), 'the key')
  assert.deepEqual(
    seen.map(({ path, headers }) => [path, headers.authorization]),
    [['/key', 'Bearer x']],
  )
})

test('a key file that is not what its hash says is refused at its place', async (t) => {
  const hash = `sha256-${'0'.repeat(64)}`
  const volumes = (server: string): Luks[] => [
    { name: 'secret', device, keyFile: { source: `${server}/key`, verification: { hash } } },
  ]
  await assert.rejects(
    keysOf(t, volumes, Buffer.from('another')),
    (error: Error & { problem?: { path?: unknown } }) => {
      assert.match(error.message, /sha256/)
      assert.equal(error.problem?.path, '$.storage.luks.0.keyFile.source')
      return true
    },
  )
})

test('a volume without a key file gets a long key of its own', async (t) => {
  const { keys } = await keysOf(
    t,
    () => [
      { name: 'a', device },
      { name: 'b', device },
    ],
    Buffer.of(),
  )
  assert.equal(keys.get('a')?.length, 8192)
  assert.notDeepEqual(keys.get('a'), keys.get('b'))
})
