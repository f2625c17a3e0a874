import assert from 'node:assert/strict'
import { appendFile, chmod, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { TargetFile } from '@tufjs/models'
import { createRelease } from './create.ts'
import { readRelease } from './descriptions.ts'
import { listReleases } from './list.ts'
import { publishRepository } from './publish.ts'
import { requireRepository } from './repository.ts'
import { signRevision } from './revision.ts'
import { contentOf, Workshop } from './testing/workshop.ts'

const dayMs = 24 * 3600 * 1000

test('a release lists its files by digest, and the repository serves them under these names', async (t) => {
  const workshop = await Workshop.open(t)
  const { outcome } = await workshop.release('1.0.0')
  assert.equal(outcome, 'created')
  const { targets } = await requireRepository(workshop.served)
  const paths = Object.keys(targets.signed.targets).sort()
  assert.deepEqual(paths, [
    'channels/stable/qemu.json',
    'releases/qemu/1.0.0/release.json',
    'releases/qemu/1.0.0/slipway.efi',
    'releases/qemu/1.0.0/systemd-bootx64.efi',
    'releases/qemu/1.0.0/usr.erofs',
    'releases/qemu/1.0.0/usr.verity',
  ])
  const served = await contentOf(workshop.served)
  for (const path of paths) {
    const digest = targets.signed.targets[path]?.hashes.sha256 ?? ''
    const name = path.replace(/[^/]+$/, (last) => `${digest}.${last}`)
    assert.equal(served.get(`targets/${name}`), digest)
  }
})

test('a release says which container images its build brings', async (t) => {
  const workshop = await Workshop.open(t)
  const containerImages = { web: `registry.example/web@sha256:${'a'.repeat(64)}` }
  const build = await workshop.build('1.0.0', 1000, {}, containerImages)
  await createRelease(workshop.request(build))
  const { targets } = await requireRepository(workshop.repository)
  const release = await readRelease(workshop.repository, targets, 'qemu', '1.0.0')
  assert.deepEqual(release?.containerImages, containerImages)

  const wrong = await workshop.build('1.1.0', 1000, {}, { web: 'registry.example/web:1' })
  await assert.rejects(createRelease(workshop.request(wrong)), {
    code: 'SLIPWAY_RELEASE_BUILD_MISSING',
    message: /containerImages\.web: expected REPOSITORY@sha256:DIGEST/,
  })
})

test('files of a release are links to the build’s files, not copies', async (t) => {
  const workshop = await Workshop.open(t)
  const build = await workshop.build('1.0.0')
  await createRelease(workshop.request(build))
  assert.equal((await stat(join(build, 'usr.erofs'))).nlink, 2)
})

test('a file that its owner alone may read is copied, so that a web server can read it', async (t) => {
  const workshop = await Workshop.open(t)
  const build = await workshop.build('1.0.0')
  await chmod(join(build, 'usr.verity'), 0o600)
  await createRelease(workshop.request(build))
  await workshop.publish()
  const directory = join(workshop.served, 'targets/releases/qemu/1.0.0')
  for (const name of await readdir(directory))
    assert.equal((await stat(join(directory, name))).mode & 0o444, 0o444, name)
  assert.equal((await stat(join(build, 'usr.verity'))).mode & 0o777, 0o600)
})

test('the same call again changes nothing', async (t) => {
  const workshop = await Workshop.open(t)
  const request = workshop.request(await workshop.build('1.0.0'))
  await createRelease(request)
  const before = await contentOf(workshop.repository)
  const { outcome } = await createRelease({ ...request, now: new Date(Date.now() + 3600_000) })
  assert.equal(outcome, 'unchanged')
  assert.deepEqual(await contentOf(workshop.repository), before)
  await workshop.publish()
  assert.equal((await workshop.publish()).written, 0)
})

test('a version is never released with other content', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.0.0')
  const before = await contentOf(workshop.repository)
  await assert.rejects(workshop.release('1.0.0'), {
    code: 'SLIPWAY_RELEASE_VERSION_TAKEN',
    message: 'qemu 1.0.0 is released already, with other content: usr, verity, uki, bootLoader',
  })
  assert.deepEqual(await contentOf(workshop.repository), before)
})

test('a channel takes only versions that are newer than its newest', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.10.0')
  await assert.rejects(workshop.release('1.9.0'), { code: 'SLIPWAY_RELEASE_VERSION_OLDER' })
  await assert.rejects(workshop.release('1.10.00'), { code: 'SLIPWAY_RELEASE_VERSION_OLDER' })
})

test('a release goes from one channel to the next, and may become a floor', async (t) => {
  const workshop = await Workshop.open(t)
  const request = workshop.request(await workshop.build('1.0.0'), { channel: 'testing' })
  await createRelease(request)
  const stable = { ...request, channel: 'stable' }
  assert.equal((await createRelease(stable)).outcome, 'added to the channel')
  assert.equal((await createRelease({ ...stable, floor: true })).outcome, 'made a floor')
  assert.equal((await createRelease(stable)).outcome, 'unchanged')
  const { releases } = await listReleases(workshop.repository)
  assert.deepEqual(
    releases.map(({ channel, version, floor }) => ({ channel, version, floor })),
    [
      { channel: 'stable', version: '1.0.0', floor: true },
      { channel: 'testing', version: '1.0.0', floor: false },
    ],
  )
})

test('a channel keeps as many releases as it is told, its floors, and what other channels have', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.0.0', { floor: true })
  const second = workshop.request(await workshop.build('1.1.0'))
  await createRelease(second)
  await createRelease({ ...second, channel: 'slow' })
  await workshop.release('1.2.0')
  const { dropped } = await workshop.release('1.3.0', { keep: 1 })
  assert.deepEqual(dropped, ['1.1.0', '1.2.0'])
  const { releases } = await listReleases(workshop.served)
  assert.deepEqual(
    releases.map(({ channel, version }) => `${channel} ${version}`),
    ['slow 1.1.0', 'stable 1.0.0', 'stable 1.3.0'],
  )
  const { targets } = await requireRepository(workshop.served)
  const versions = Object.keys(targets.signed.targets).flatMap(
    (path) => /^releases\/qemu\/([^/]+)\/release\.json$/.exec(path)?.[1] ?? [],
  )
  assert.deepEqual(versions.sort(), ['1.0.0', '1.1.0', '1.3.0'])
  await assert.rejects(workshop.release('1.4.0', { keep: 0 }), {
    code: 'SLIPWAY_RELEASE_NUMBER_INVALID',
  })
})

test('two releases at once wait for each other', async (t) => {
  const workshop = await Workshop.open(t)
  const builds = [await workshop.build('1.0.0'), await workshop.build('2.0.0')]
  const channels = ['old', 'new']
  await Promise.all(
    builds.map((build, index) =>
      createRelease(workshop.request(build, { channel: channels[index] ?? '' })),
    ),
  )
  const { releases } = await listReleases(workshop.repository)
  assert.deepEqual(
    releases.map(({ channel, version }) => `${channel} ${version}`),
    ['new 2.0.0', 'old 1.0.0'],
  )
})

test('a list of releases that hosts would not take is not signed', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.0.0')
  const { repository, places, lifetimes, now } = workshop.request('')
  const large = new TargetFile({
    path: 'releases/qemu/1.0.0/large',
    length: 1,
    hashes: {},
    unrecognizedFields: { custom: 'x'.repeat(1_100_000) },
  })
  const state = await requireRepository(repository)
  const change = { changed: [large], removed: [], freshTimestamp: false }
  await assert.rejects(signRevision({ state, repository, places, lifetimes, now, ...change }), {
    code: 'SLIPWAY_RELEASE_TOO_MANY',
  })
})

test('a build that is not finished, or was changed since, makes no release', async (t) => {
  const workshop = await Workshop.open(t)
  const build = await workshop.build('1.0.0')
  const request = workshop.request(build)
  await assert.rejects(createRelease({ ...request, image: 'metal' }), {
    code: 'SLIPWAY_RELEASE_BUILD_MISSING',
    message: /it is a build of qemu$/,
  })
  await appendFile(join(build, 'slipway.efi'), 'x')
  await assert.rejects(createRelease(request), {
    code: 'SLIPWAY_RELEASE_BUILD_CHANGED',
    message: /slipway\.efi .*it has 1001 bytes, not 1000$/,
  })
  await writeFile(join(build, 'slipway.efi'), 'x'.repeat(1000))
  await assert.rejects(createRelease(request), { code: 'SLIPWAY_RELEASE_BUILD_CHANGED' })
  await rm(join(build, 'manifest.json'))
  await assert.rejects(createRelease(request), {
    code: 'SLIPWAY_RELEASE_BUILD_MISSING',
    message: /manifest\.json is missing$/,
  })
})

test('names that would leave their folder are refused', async (t) => {
  const workshop = await Workshop.open(t)
  const request = workshop.request(await workshop.build('1.0.0'))
  for (const name of ['..', 'a/b', '', 'Stable', '.hidden'])
    await assert.rejects(createRelease({ ...request, channel: name }), {
      code: 'SLIPWAY_RELEASE_NAME_INVALID',
    })
})

test('a repository that was tampered with is refused instead of signed anew', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.0.0')
  const other = await Workshop.open(t)
  await other.release('1.0.0')
  for (const name of ['timestamp.json', '1.snapshot.json', '1.targets.json']) {
    const world = await Workshop.open(t)
    await world.release('1.0.0')
    const path = join(world.repository, 'metadata', name)
    await rm(path)
    await writeFile(path, JSON.stringify({ signed: {}, signatures: [] }))
    await assert.rejects(world.refresh(), { code: 'SLIPWAY_RELEASE_REPOSITORY_DAMAGED' })
  }
  await assert.rejects(workshop.refresh({ directory: other.keys }), {
    code: 'SLIPWAY_RELEASE_KEYS_OTHER',
  })
})

test('the timestamp’s key alone refreshes, until other metadata is due', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.0.0')
  const start = workshop.now.getTime()
  const hidden = (await readdir(workshop.keys)).filter((name) => /^(targets|snapshot)-/.test(name))
  for (const name of hidden) await rm(join(workshop.keys, name))
  workshop.now = new Date(start + 6 * dayMs)
  const early = await workshop.refresh()
  assert.deepEqual(early, {
    signed: ['timestamp'],
    expires: new Date(start + 13 * dayMs).toISOString().replace(/\.\d+Z/, 'Z'),
    waiting: [],
  })
  workshop.now = new Date(start + 70 * dayMs)
  const { signed, waiting } = await workshop.refresh()
  assert.deepEqual(signed, ['timestamp'])
  assert.deepEqual(
    waiting.map(({ role }) => role),
    ['targets', 'snapshot'],
  )
  workshop.now = new Date(start + 91 * dayMs)
  await assert.rejects(workshop.refresh(), { code: 'SLIPWAY_RELEASE_KEY_NOT_HERE' })
})

test('metadata that is due is signed anew with the timestamp', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.0.0')
  workshop.now = new Date(workshop.now.getTime() + 70 * dayMs)
  assert.deepEqual((await workshop.refresh()).signed, ['targets', 'snapshot', 'timestamp'])
})

test('after a rotation only what needs the new key is signed, for the old root too', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.0.0')
  await workshop.rotate('snapshot')
  assert.deepEqual((await workshop.refresh()).signed, ['root', 'snapshot', 'timestamp'])
  const { snapshot, targets } = await requireRepository(workshop.repository)
  assert.equal(Object.keys(snapshot.signatures).length, 2)
  assert.equal(targets.signed.version, 1)
  assert.deepEqual((await workshop.refresh()).signed, ['timestamp'])
})

test('publishing refuses a directory of something else, or of a later state', async (t) => {
  const workshop = await Workshop.open(t)
  await workshop.release('1.0.0')
  const other = await Workshop.open(t)
  await other.release('1.0.0')
  const { signal } = new AbortController()
  const publish = (repository: string, directory: string) =>
    publishRepository({ repository, directory, signal })
  await assert.rejects(publish(workshop.repository, other.served), {
    code: 'SLIPWAY_RELEASE_DIRECTORY_OTHER',
    message: /another repository/,
  })
  await writeFile(join(workshop.directory, 'file'), '')
  await assert.rejects(publish(workshop.repository, workshop.directory), {
    code: 'SLIPWAY_RELEASE_DIRECTORY_OTHER',
  })
  const old = join(workshop.directory, 'old')
  await publish(workshop.repository, old)
  await workshop.refresh()
  await workshop.publish()
  await assert.rejects(publish(old, workshop.served), {
    code: 'SLIPWAY_RELEASE_DIRECTORY_OTHER',
    message: /hosts would take it for a rollback$/,
  })
})
