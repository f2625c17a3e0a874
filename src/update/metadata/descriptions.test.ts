import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { TargetFile } from '@tufjs/models'
import { Placement } from '../../release/place.ts'
import { requireRepository } from '../../release/repository.ts'
import { signRevision, writeRevision } from '../../release/revision.ts'
import { parseChannel, parseRelease, UnknownFormatError } from './parse-description.ts'
import { parseTarget, storedTarget } from './target-paths.ts'
import { openWorld, type World } from './testing/host.ts'

const digest = 'ab'.repeat(32)
const file = (name: string) => ({
  target: `releases/qemu/1.0.0/${name}`,
  sizeBytes: 1,
  sha256: digest,
})
const release = {
  formatVersion: 1,
  image: 'qemu',
  version: '1.0.0',
  architecture: 'amd64',
  createdAt: '2026-01-02T03:04:05.678Z',
  rootHash: digest,
  usr: file('usr.erofs'),
  verity: file('usr.verity'),
  uki: file('slipway.efi'),
}
const entry = { version: '1.0.0', floor: false, release: 'releases/qemu/1.0.0/release.json' }
const channel = { formatVersion: 1, channel: 'stable', image: 'qemu', releases: [entry] }

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

test('descriptions are read; what is not known in them is left out', () => {
  assert.deepEqual(parseRelease(bytes({ ...release, later: [1] })), release)
  assert.deepEqual(parseChannel(bytes({ ...channel, later: {} })), channel)
})

test('the examples of the reference page are what hosts read', async () => {
  const page = join(import.meta.dirname, '../../../docs/reference/release-repository.md')
  const examples = [...(await readFile(page, 'utf8')).matchAll(/^```json\n(.*?)^```/gms)]
    .map(([, text = '']) => text.replace(/"[0-9a-f]{4}…"/g, `"${digest}"`))
    .map((text) => Buffer.from(text))
  const [channelExample, releaseExample, ...more] = examples
  assert.ok(channelExample && releaseExample && more.length === 0)
  assert.equal(parseChannel(channelExample).releases.length, 2)
  assert.equal(parseRelease(releaseExample).version, '1.0.0')
})

test('container images of a release are decided by their digests', () => {
  const pinned = `registry.example/web@sha256:${digest}`
  const containerImages = { web: `registry.example/web:1.4@sha256:${digest}` }
  const read = parseRelease(bytes({ ...release, containerImages }))
  assert.deepEqual(read.containerImages, { web: pinned })
  for (const [wrong, message] of [
    [{ web: 'registry.example/web:1.4' }, /^containerImages\.web: expected REPOSITORY@sha256/],
    [{ '../web': pinned }, /^containerImages has "\.\.\/web"/],
    [[pinned], /^containerImages is not an object/],
  ] as const)
    assert.throws(() => parseRelease(bytes({ ...release, containerImages: wrong })), { message })
})

test('a description of a later format is refused by its number', () => {
  for (const parse of [parseChannel, parseRelease])
    assert.throws(() => parse(bytes({ formatVersion: 2 })), UnknownFormatError)
})

for (const [field, value, message] of [
  ['version', '../1', /^version is not a version such as/],
  ['image', '..', /^image is not lower-case letters/],
  ['rootHash', 'abc', /^rootHash is not 64 hexadecimal digits/],
  ['createdAt', 'yesterday', /^createdAt is not a time in UTC/],
  ['usr', undefined, /^usr is not an object/],
  ['usr', { ...release.usr, sizeBytes: -1 }, /^usr\.sizeBytes is not a whole number/],
  ['usr', { ...release.usr, sizeBytes: 1e300 }, /^usr\.sizeBytes is not a whole number/],
  ['usr', { ...release.usr, target: '/etc/passwd' }, /^usr\.target is not a file of qemu 1\.0\.0/],
  ['uki', { ...release.uki, target: 'releases/qemu/1.0.1/slipway.efi' }, /^uki\.target is not/],
  ['uki', { ...release.uki, target: 'releases/qemu/1.0.0/../../x' }, /^uki\.target is not/],
  ['formatVersion', '1', /^formatVersion is not a whole number/],
] as const)
  test(`a release whose ${field} is ${JSON.stringify(value)} is refused`, () => {
    assert.throws(() => parseRelease(bytes({ ...release, [field]: value })), { message })
  })

test('a channel that lists a version twice, or another release under it, is refused', () => {
  const refused = (releases: unknown, message: RegExp) =>
    assert.throws(() => parseChannel(bytes({ ...channel, releases })), { message })
  refused([entry, entry], /twice/)
  refused([{ ...entry, release: 'releases/qemu/1.0.1/release.json' }], /^releases\[0\]\.release/)
  refused([{ ...entry, floor: 0 }], /^releases\[0\]\.floor/)
  refused({}, /not a list/)
})

test('target paths have one of two forms', () => {
  assert.deepEqual(parseTarget('channels/stable/qemu.json'), {
    kind: 'channel',
    channel: 'stable',
    image: 'qemu',
  })
  assert.deepEqual(parseTarget('releases/qemu/1.0.0/usr.erofs'), {
    kind: 'release',
    image: 'qemu',
    version: '1.0.0',
    name: 'usr.erofs',
  })
  for (const path of [
    '',
    'channels/stable/qemu',
    'channels//qemu.json',
    'channels/../qemu.json',
    'channels/stable/qemu.json/',
    'releases/qemu/1.0.0/',
    'releases/qemu/1.0.0/..',
    'releases/qemu/1.0.0/a/b',
    'releases/qemu/../x',
    '/releases/qemu/1.0.0/x',
    'releases/qemu/1.0.0/x\n',
    'releases/qemu/1.0.0/%2e%2e',
  ])
    assert.equal(parseTarget(path), undefined, path)
})

/** Signs another text as a target, as the holder of the keys can. */
async function sign({ workshop }: World, path: string, text: string): Promise<void> {
  const { repository, keys } = workshop
  const sha256 = createHash('sha256').update(text).digest('hex')
  const changed = [new TargetFile({ path, length: Buffer.byteLength(text), hashes: { sha256 } })]
  const state = await requireRepository(repository)
  const { lifetimes, now } = workshop.request('')
  const revision = await signRevision({
    state,
    repository,
    places: { directory: keys },
    lifetimes,
    now,
    changed,
    removed: [],
    freshTimestamp: false,
  })
  const placement = await Placement.begin(repository)
  await placement.text(text, join(repository, 'targets', storedTarget(path, sha256)))
  await writeRevision(placement, repository, revision, false)
  await placement.end()
  await workshop.publish()
}

test('signed descriptions that contradict themselves or the metadata are refused', async (t) => {
  const world = await openWorld(t)
  const path = 'releases/qemu/1.0.0/release.json'
  const client = world.client()
  const signed = async (change: object) => {
    await sign(world, path, JSON.stringify({ ...release, ...change }))
    await client.refresh()
    return client.release(path)
  }
  await assert.rejects(signed({ formatVersion: 2 }), {
    code: 'SLIPWAY_UPDATE_FORMAT_UNKNOWN',
    message: /has format version 2; this host knows 1$/,
  })
  await assert.rejects(signed({ version: '1.0.1' }), { code: 'SLIPWAY_UPDATE_DESCRIPTION_INVALID' })
  await assert.rejects(signed({}), {
    code: 'SLIPWAY_UPDATE_DESCRIPTION_INVALID',
    message: /releases\/qemu\/1\.0\.0\/usr\.erofs is another file in the signed metadata$/,
  })
  await assert.rejects(signed({ usr: file('usr.ext4') }), {
    code: 'SLIPWAY_UPDATE_TARGET_UNKNOWN',
  })
  await sign(world, 'channels/stable/qemu.json', JSON.stringify({ ...channel, channel: 'edge' }))
  await client.refresh()
  await assert.rejects(client.channel('stable', 'qemu'), {
    code: 'SLIPWAY_UPDATE_DESCRIPTION_INVALID',
    message: /it describes edge, qemu$/,
  })
  await sign(world, 'channels/stable/qemu.json', 'x'.repeat(2_000_000))
  await client.refresh()
  await assert.rejects(client.channel('stable', 'qemu'), { code: 'SLIPWAY_UPDATE_TOO_LARGE' })
})

test('what the first release says on disk is what hosts read', async (t) => {
  const world = await openWorld(t)
  const client = world.client()
  await client.refresh()
  const { sha256 } = await client.target('channels/stable/qemu.json')
  const path = join(
    world.workshop.served,
    'targets',
    storedTarget('channels/stable/qemu.json', sha256),
  )
  const onDisk = JSON.parse(await readFile(path, 'utf8'))
  assert.deepEqual(await client.channel('stable', 'qemu'), onDisk)
})
