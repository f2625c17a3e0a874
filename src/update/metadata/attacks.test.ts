import assert from 'node:assert/strict'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readIfThere } from '../../files/absence.ts'
import { findKeys } from '../../release/key-directory.ts'
import { metadataText, parseMetadata, roleOf } from '../../release/roles.ts'
import { readRootChain } from '../../release/root-chain.ts'
import { signatureBy } from '../../release/signing-key.ts'
import { Workshop } from '../../release/testing/workshop.ts'
import { dayMs, openWorld, type World } from './testing/host.ts'

/** What every refusal leaves behind: the releases that the host knew, and a host that can go on. */
async function refuses(world: World, code: string, attack: () => Promise<unknown>): Promise<void> {
  const { served } = world.workshop
  const honest = join(world.workshop.directory, 'honest')
  await cp(served, honest, { recursive: true })
  const known = await knownTargets(world)
  await attack()
  await assert.rejects(world.client().refresh(), { code })
  assert.equal(await knownTargets(world), known)
  world.server.directory = honest
  world.server.intercept = undefined
  await world.client().refresh()
}

async function knownTargets({ cacheDirectory }: World): Promise<string | undefined> {
  return await readIfThere(join(cacheDirectory, 'targets.json'))
}

/** Changes a published file. */
async function edit(world: World, name: string, change: (text: string) => string): Promise<void> {
  const path = join(world.workshop.served, 'metadata', name)
  const text = await readFile(path, 'utf8')
  // The published file may be another name of the repository's.
  await rm(path)
  await writeFile(path, change(text))
}

type SignedText = { signed: Record<string, unknown> & { meta: Record<string, unknown> } }

/** Changes metadata and signs it with the repository's own key, as somebody who has stolen it would. */
async function forge(
  { workshop }: World,
  role: 'timestamp' | 'snapshot',
  text: string,
  change: (signed: SignedText['signed']) => void,
): Promise<string> {
  const [root] = await readRootChain(workshop.keys)
  assert.ok(root)
  const places = { directory: workshop.keys }
  const [key] = await findKeys(role, roleOf(root, role).keyIds, places)
  assert.ok(key)
  const json = JSON.parse(text) as SignedText
  change(json.signed)
  const changed = JSON.stringify(json)
  const metadata =
    role === 'timestamp'
      ? parseMetadata('timestamp', changed, role)
      : parseMetadata('snapshot', changed, role)
  metadata.sign(signatureBy(key), false)
  return metadataText(metadata)
}

test('an honest repository is read: channel, release, and the files of the release', async (t) => {
  const world = await openWorld(t, ['1.0.0', '1.1.0'])
  const client = world.client()
  const report = await client.refresh()
  assert.equal(report.timestampVersion, 2)
  const channel = await client.channel('stable', 'qemu')
  assert.deepEqual(
    channel.releases.map(({ version }) => version),
    ['1.0.0', '1.1.0'],
  )
  const release = await client.release(channel.releases[1]?.release ?? '')
  assert.equal(release.version, '1.1.0')
  const bytes = Buffer.concat(await Array.fromAsync(client.download(release.usr)))
  assert.equal(bytes.length, release.usr.sizeBytes)
})

test('versions with every mark of their format reach the host, from an address with a path too', async (t) => {
  const versions = ['1.0.0~rc1', '1.0.0', '1.0.0-2', '1.0.0^fix1.b']
  const world = await openWorld(t, versions)
  world.server.directory = world.workshop.directory
  const client = world.client({ url: new URL('served', world.server.url) })
  await client.refresh()
  const { releases } = await client.channel('stable', 'qemu')
  assert.deepEqual(
    releases.map(({ version }) => version),
    versions,
  )
  for (const { release } of releases) {
    const { uki } = await client.release(release)
    assert.equal(Buffer.concat(await Array.fromAsync(client.download(uki))).length, uki.sizeBytes)
  }
})

test('a second refresh without news asks for the next root and the timestamp alone', async (t) => {
  const world = await openWorld(t)
  await world.client().refresh()
  world.server.requests.length = 0
  await world.client().refresh()
  assert.deepEqual(world.server.requests, ['/metadata/2.root.json', '/metadata/timestamp.json'])
})

test('freeze: an expired timestamp is refused, by a host that knows it too', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  await world.client().refresh()
  const inEightDays = new Date(workshop.now.getTime() + 8 * dayMs)
  const later = () => inEightDays
  const frozen = world.client({ now: later })
  await assert.rejects(frozen.refresh(), {
    code: 'SLIPWAY_UPDATE_METADATA_EXPIRED',
    message: /timestamp\.json of http:\/\/127.* expired; this host’s clock says 20/,
  })
  await rm(world.cacheDirectory, { recursive: true })
  await assert.rejects(world.client({ now: later }).refresh(), {
    code: 'SLIPWAY_UPDATE_METADATA_EXPIRED',
  })
  workshop.now = later()
  await workshop.refresh()
  await workshop.publish()
  await frozen.refresh()
})

test('freeze: expired targets and snapshot behind a fresh timestamp are refused', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  workshop.now = new Date(workshop.now.getTime() + 100 * dayMs)
  const old = await readFile(join(workshop.repository, 'metadata/timestamp.json'), 'utf8')
  const text = await forge(world, 'timestamp', old, (signed) => {
    signed.version = 2
    signed.expires = new Date(workshop.now.getTime() + dayMs).toISOString()
  })
  await edit(world, 'timestamp.json', () => text)
  await assert.rejects(world.client().refresh(), {
    code: 'SLIPWAY_UPDATE_METADATA_EXPIRED',
    message: /^snapshot\.json of /,
  })
})

test('rollback: an older repository is refused', async (t) => {
  const world = await openWorld(t)
  const { workshop, server } = world
  const old = join(workshop.directory, 'old')
  await cp(workshop.served, old, { recursive: true })
  await workshop.release('1.1.0')
  await world.client().refresh()
  await refuses(world, 'SLIPWAY_UPDATE_METADATA_ROLLBACK', async () => {
    server.directory = old
  })
})

test('rollback: an older snapshot behind a newer timestamp is refused', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  const path = join(workshop.repository, 'metadata/timestamp.json')
  const first = await readFile(path, 'utf8')
  await workshop.release('1.1.0')
  await world.client().refresh()
  await refuses(world, 'SLIPWAY_UPDATE_METADATA_ROLLBACK', async () => {
    const text = await forge(world, 'timestamp', first, (signed) => {
      signed.version = 99
    })
    await edit(world, 'timestamp.json', () => text)
  })
})

test('mix-and-match: a snapshot or targets of another time under the right name are refused', async (t) => {
  for (const role of ['snapshot', 'targets'])
    await t.test(role, async (t) => {
      const world = await openWorld(t)
      const { workshop } = world
      const old = await readFile(join(workshop.served, `metadata/1.${role}.json`), 'utf8')
      await world.client().refresh()
      await workshop.release('1.1.0')
      await refuses(world, 'SLIPWAY_UPDATE_METADATA_MIXED', () =>
        edit(world, `2.${role}.json`, () => old),
      )
    })
})

test('metadata of other keys is refused', async (t) => {
  const world = await openWorld(t)
  await world.client().refresh()
  const other = await Workshop.open(t)
  await other.release('1.0.0')
  await other.refresh()
  await other.publish()
  await refuses(world, 'SLIPWAY_UPDATE_METADATA_WRONG_KEY', async () => {
    world.server.directory = other.served
  })
})

test('one changed byte is refused as not signed', async (t) => {
  const world = await openWorld(t)
  await refuses(world, 'SLIPWAY_UPDATE_METADATA_WRONG_KEY', () =>
    edit(world, 'timestamp.json', (text) => text.replace(/"signed_at": "2/, '"signed_at": "3')),
  )
})

test('a root that fewer keys than the threshold have signed is refused', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  await world.client().refresh()
  await workshop.rotate('timestamp')
  await refuses(world, 'SLIPWAY_UPDATE_METADATA_THRESHOLD', async () => {
    const text = await readFile(join(workshop.keys, '2.root.json'), 'utf8')
    const root = JSON.parse(text)
    root.signatures.length = 1
    await writeFile(join(workshop.served, 'metadata/2.root.json'), JSON.stringify(root))
  })
})

test('a root that does not follow the trusted one is refused', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  await world.client().refresh()
  await workshop.rotate('timestamp')
  await workshop.rotate('snapshot')
  const third = await readFile(join(workshop.keys, '3.root.json'))
  const stranger = await Workshop.open(t)
  await stranger.rotate('timestamp')
  const foreign = await readFile(join(stranger.keys, '2.root.json'))
  for (const [name, bytes] of Object.entries({ 'a later one': third, 'a foreign one': foreign }))
    await t.test(name, () =>
      refuses(world, 'SLIPWAY_UPDATE_ROOT_ROTATION_BROKEN', async () => {
        world.server.directory = workshop.served
        await writeFile(join(workshop.served, 'metadata/2.root.json'), bytes)
        t.after(() => rm(join(workshop.served, 'metadata/2.root.json'), { force: true }))
      }).finally(() => rm(join(workshop.served, 'metadata/2.root.json'), { force: true })),
    )
})

test('a host follows several rotations at once, of every role', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  await world.client().refresh()
  const [first] = await readRootChain(workshop.keys)
  assert.ok(first)
  await workshop.rotate('root', roleOf(first, 'root').keyIds[0])
  await workshop.rotate('root', roleOf(first, 'root').keyIds[1])
  for (const role of ['targets', 'snapshot', 'timestamp'] as const) await workshop.rotate(role)
  await workshop.release('1.1.0')
  const client = world.client()
  assert.equal((await client.refresh()).rootVersion, 6)
  assert.equal((await client.channel('stable', 'qemu')).releases.length, 2)
})

test('a host that has seen a new root does not go back when the server hides it', async (t) => {
  const world = await openWorld(t)
  const { workshop, server } = world
  const old = join(workshop.directory, 'old')
  await cp(workshop.served, old, { recursive: true })
  await workshop.rotate('timestamp')
  await workshop.refresh()
  await workshop.publish()
  assert.equal((await world.client().refresh()).rootVersion, 2)
  await refuses(world, 'SLIPWAY_UPDATE_METADATA_WRONG_KEY', async () => {
    server.directory = old
  })
})

test('hosts see no gap while a rotation is published file by file', async (t) => {
  const world = await openWorld(t)
  const { workshop, server } = world
  await workshop.rotate('timestamp')
  await workshop.refresh()
  const before = join(workshop.directory, 'before')
  await cp(workshop.served, before, { recursive: true })
  await workshop.publish()
  // In the order that publishing has: the timestamp first, the root after it.
  server.directory = before
  await world.client().refresh()
  const copy = (name: string) =>
    cp(join(workshop.served, 'metadata', name), join(before, 'metadata', name))
  await copy('timestamp.json')
  assert.equal((await world.client().refresh()).rootVersion, 1)
  await copy('2.root.json')
  assert.equal((await world.client().refresh()).rootVersion, 2)
})

test('fast-forward: after stolen keys were rotated, hosts take the repository’s small versions again', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  const metadata = join(workshop.served, 'metadata')
  const honest = join(workshop.directory, 'before')
  await cp(workshop.served, honest, { recursive: true })
  const snapshotText = await readFile(join(metadata, '1.snapshot.json'), 'utf8')
  const snapshot = await forge(world, 'snapshot', snapshotText, (signed) => {
    signed.version = 1_000_000
  })
  await writeFile(join(metadata, '1000000.snapshot.json'), snapshot)
  const timestampText = await readFile(join(metadata, 'timestamp.json'), 'utf8')
  const text = await forge(world, 'timestamp', timestampText, (signed) => {
    signed.version = 1_000_000
    signed.meta['snapshot.json'] = { version: 1_000_000 }
  })
  await edit(world, 'timestamp.json', () => text)
  assert.equal((await world.client().refresh()).timestampVersion, 1_000_000)

  world.server.directory = honest
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_METADATA_ROLLBACK' })
  await workshop.rotate('timestamp')
  await workshop.rotate('snapshot')
  await workshop.refresh()
  const recovered = join(workshop.directory, 'recovered')
  await cp(workshop.repository, recovered, { recursive: true })
  world.server.directory = recovered
  const client = world.client()
  assert.equal((await client.refresh()).timestampVersion, 2)
  assert.equal((await client.channel('stable', 'qemu')).releases.length, 1)
})

test('a clock that jumps ahead is refused as expired, and one that comes back goes on', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  await world.client().refresh()
  const ahead = () => new Date(workshop.now.getTime() + 2000 * dayMs)
  await assert.rejects(world.client({ now: ahead }).refresh(), {
    code: 'SLIPWAY_UPDATE_METADATA_EXPIRED',
  })
  await world.client().refresh()
})

test('a clock behind the metadata or behind the system’s build is refused', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  const behind = () => new Date(workshop.now.getTime() - 2 * dayMs)
  await assert.rejects(world.client({ now: behind }).refresh(), {
    code: 'SLIPWAY_UPDATE_CLOCK_BEHIND',
    message: /but the timestamp of http/,
  })
  world.server.requests.length = 0
  await assert.rejects(world.client({ now: behind, notBefore: workshop.now }).refresh(), {
    code: 'SLIPWAY_UPDATE_CLOCK_BEHIND',
  })
  assert.deepEqual(world.server.requests, [])
  await world.client({ notBefore: workshop.now }).refresh()
})

test('a host whose root is not usable says so', async (t) => {
  const world = await openWorld(t)
  for (const content of ['', '{}', '{"signed":{"_type":"root"},"signatures":[]}']) {
    await writeFile(world.rootFile, content)
    await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_ROOT_UNUSABLE' })
  }
  await rm(world.rootFile)
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_ROOT_UNUSABLE' })
})
