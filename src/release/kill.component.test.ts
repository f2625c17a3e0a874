import assert from 'node:assert/strict'
import { cp, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { openWorld, type World } from '../update/metadata/testing/host.ts'
import { startStaticServer } from '../update/metadata/testing/static-server.ts'
import { createRelease } from './create.ts'
import { neededKeys } from './key-directory.ts'
import { listReleases } from './list.ts'
import { publishRepository } from './publish.ts'
import { readRootChain } from './root-chain.ts'
import { rotateKey } from './rotate-key.ts'
import { atEveryCall, runUntilCall } from './testing/killed-program.ts'
import { contentOf, Workshop } from './testing/workshop.ts'

const program = join(import.meta.dirname, 'testing/make-release.ts')
const { signal } = new AbortController()

async function versionsIn(repository: string): Promise<string[]> {
  return (await listReleases(repository)).releases.map(({ version }) => version)
}

/** The names of a repository's files without their digests: times are in some, so that they differ. */
async function namesIn(repository: string): Promise<string[]> {
  const names = [...(await contentOf(repository)).keys()]
  return [...new Set(names.map((name) => name.replace(/[0-9a-f]{64}\./, '')))].sort()
}

test('a release that SIGKILL ends at any call is there or not, and the same call completes it', async (t) => {
  const { workshop } = await openWorld(t)
  const build = await workshop.build('1.1.0')
  const words = (repository: string) => ['create', build, repository, workshop.keys]
  const repository = await copyOf(workshop.repository, 'whole')
  const calls = (await runUntilCall(program, words(repository), Number.POSITIVE_INFINITY)) ?? 0
  assert.ok(calls > 25, `only ${calls} calls were seen`)
  const expected = await namesIn(repository)
  const seen = new Set<number>()
  await atEveryCall(calls, async (call) => {
    const repository = await copyOf(workshop.repository, String(call))
    assert.equal(await runUntilCall(program, words(repository), call), undefined)
    const versions = await versionsIn(repository)
    seen.add(versions.length)
    assert.deepEqual(versions, ['1.0.0', '1.1.0'].slice(0, versions.length))
    await publishRepository({ repository, directory: `${repository}-published`, signal })
    await createRelease(workshop.request(build, { repository, deltaFrom: undefined }))
    assert.deepEqual(await namesIn(repository), expected, `after a kill at call ${call}`)
    await rm(repository, { recursive: true })
    await rm(`${repository}-published`, { recursive: true })
  })
  assert.deepEqual([...seen].sort(), [1, 2])

  async function copyOf(directory: string, name: string): Promise<string> {
    const copy = join(workshop.directory, `repository-${name}`)
    await cp(directory, copy, { recursive: true })
    return copy
  }
})

test('hosts can read what a publication leaves that SIGKILL ends at any call, rotated keys included', async (t) => {
  const world = await openWorld(t)
  const { workshop } = world
  const old = join(workshop.directory, 'old')
  await cp(workshop.served, old, { recursive: true })
  await createRelease(workshop.request(await workshop.build('1.1.0')))
  await workshop.rotate('timestamp')
  await workshop.rotate('targets')
  await workshop.refresh()
  const { repository } = workshop
  const words = (directory: string) => ['publish', repository, directory]
  const whole = join(workshop.directory, 'whole')
  await cp(old, whole, { recursive: true })
  const calls = (await runUntilCall(program, words(whole), Number.POSITIVE_INFINITY)) ?? 0
  assert.ok(calls > 25, `only ${calls} calls were seen`)
  const expected = await contentOf(whole)
  const seen = new Set<number>()
  await atEveryCall(calls, async (call) => {
    const directory = join(workshop.directory, `served-${call}`)
    await cp(old, directory, { recursive: true })
    assert.equal(await runUntilCall(program, words(directory), call), undefined)
    seen.add(await readAsHost(world, directory, `cache-${call}`))
    await publishRepository({ repository, directory, signal })
    assert.deepEqual(await contentOf(directory), expected, `after a kill at call ${call}`)
    assert.equal(await readAsHost(world, directory, `cache-${call}`), 2)
    await rm(directory, { recursive: true })
  })
  assert.deepEqual([...seen].sort(), [1, 2])

  /** How many releases a host finds there, with all their files. */
  async function readAsHost(world: World, directory: string, cache: string): Promise<number> {
    const { url, stop } = await startStaticServer(t, directory)
    const cacheDirectory = join(world.workshop.directory, cache)
    const client = world.client({ url, cacheDirectory })
    await client.refresh()
    const { releases } = await client.channel('stable', 'qemu')
    for (const { release } of releases) {
      const { usr, verity, uki } = await client.release(release)
      for (const artifact of [usr, verity, uki]) await Array.fromAsync(client.download(artifact))
    }
    client.close()
    await stop()
    return releases.length
  }
})

test('keys that SIGKILL ends at any call are all there or none, and the same call makes them', async (t) => {
  const workshop = await Workshop.empty(t)
  const keysIn = (name: string) => join(workshop.directory, name, 'keys')
  const calls =
    (await runUntilCall(program, ['init', keysIn('whole')], Number.POSITIVE_INFINITY)) ?? 0
  assert.ok(calls > 20, `only ${calls} calls were seen`)
  await atEveryCall(calls, async (call) => {
    const directory = keysIn(String(call))
    assert.equal(await runUntilCall(program, ['init', directory], call), undefined)
    if ((await readRootChain(directory)).length === 0) await workshop.makeKeys(directory)
    assert.equal((await readRootChain(directory)).length, 1)
    assert.equal((await readdir(directory)).length, 7)
    assert.deepEqual(await readdir(dirname(directory)), ['keys'])
  })
})

test('a rotation that SIGKILL ends at any call leaves a chain of roots whose keys are there', async (t) => {
  const { workshop } = await openWorld(t)
  const copyOf = async (name: string) => {
    const copy = join(workshop.directory, `keys-${name}`)
    await cp(workshop.keys, copy, { recursive: true })
    return copy
  }
  const words = async (name: string) => ['rotate', await copyOf(name)]
  const calls = (await runUntilCall(program, await words('whole'), Number.POSITIVE_INFINITY)) ?? 0
  assert.ok(calls > 5, `only ${calls} calls were seen`)
  await atEveryCall(calls, async (call) => {
    const [verb, directory = ''] = await words(String(call))
    assert.equal(await runUntilCall(program, [verb ?? '', directory], call), undefined)
    const chain = await readRootChain(directory)
    const newest = chain.at(-1)
    assert.ok(newest && chain.length <= 2)
    assert.equal((await neededKeys(newest, 'timestamp', { directory })).length, 1)
    await rotateKey({ ...workshop.rotation('timestamp'), places: { directory } })
    assert.equal((await readRootChain(directory)).length, chain.length + 1)
    assert.ok(!(await readdir(directory)).some((name) => /\.new-|\.tmp$/.test(name)))
  })
})
