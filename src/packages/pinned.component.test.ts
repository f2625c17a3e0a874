import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { DebianSource } from '../image/definition.ts'
import { testProject } from '../pipeline/testing/project.ts'
import { pinPackages } from './pinned.ts'

const debian: DebianSource = { suite: 'trixie', components: ['main'] }
let release: Buffer

before(async () => {
  const world = await testProject({ after })
  await pinPackages(debian, [], options(world.cache))
  const archive = join(world.cache, 'apt', (await readdir(join(world.cache, 'apt')))[0] ?? '')
  const lists = await readdir(join(archive, 'lists'))
  const name = lists.find((each) => each.endsWith('_trixie_InRelease')) ?? ''
  release = await readFile(join(archive, 'lists', name))
})

test('names lead to packages at exact versions, which the lock file keeps', async (t) => {
  const { cache, project } = await testProject(t)
  const lockFile = join(project, 'test.lock.json')
  const set = { lockFile, asked: ['crun'], owner: 'test' }
  const pinned = await pinPackages(debian, [set], options(cache))
  const packages = pinned.sets[0]?.packages ?? []
  for (const name of ['crun', 'libc6', 'libyajl2'])
    assert.ok(
      packages.some((each) => each.name === name),
      name,
    )
  for (const each of packages) assert.match(each.sha256, /^[0-9a-f]{64}$/)
  assert.deepEqual(JSON.parse(await readFile(lockFile, 'utf8')).packages, packages)
  const again = await pinPackages(debian, [set], options(cache))
  assert.deepEqual(again.sets[0]?.packages, packages)
  assert.deepEqual(again.sets[0]?.moved, [])
})

test('packages that do not exist are told, all of them, with the image that asks for them', async (t) => {
  const { cache, project } = await testProject(t)
  const asked = ['crun', 'no-such-thing', 'nor-this-one']
  const set = { lockFile: join(project, 'test.lock.json'), asked, owner: 'my-image' }
  await assert.rejects(pinPackages(debian, [set], options(cache)), {
    code: 'SLIPWAY_PACKAGES_NOT_FOUND',
    message: /no-such-thing, nor-this-one/,
    next: /my-image/,
  })
})

test('a version that the archive does not have is told with its package', async (t) => {
  const { cache, project } = await testProject(t)
  const lockFile = join(project, 'test.lock.json')
  const set = { lockFile, asked: ['crun=0.0-nobody'], owner: 'my-image' }
  await assert.rejects(pinPackages(debian, [set], options(cache)), {
    code: 'SLIPWAY_PACKAGES_NOT_FOUND',
    message: /crun=0\.0-nobody/,
  })
})

test('a mirror that nobody answers at is unreachable', async (t) => {
  const mirror = 'http://127.0.0.1:1/debian'
  await assert.rejects(pin(t, mirror), { code: 'SLIPWAY_PACKAGES_MIRROR_UNREACHABLE' })
})

test('a mirror without the suite is unreachable', async (t) => {
  const mirror = await serve(t, () => undefined)
  await assert.rejects(pin(t, mirror), { code: 'SLIPWAY_PACKAGES_MIRROR_UNREACHABLE' })
})

test('indexes that were changed after they were signed are not trusted', async (t) => {
  const tampered = Buffer.from(
    release.toString('latin1').replace(/^Origin: Debian$/m, 'Origin: Debiam'),
    'latin1',
  )
  assert.notDeepEqual(tampered, release)
  const mirror = await serve(t, (path) => (path.endsWith('/InRelease') ? tampered : undefined))
  await assert.rejects(pin(t, mirror), { code: 'SLIPWAY_PACKAGES_UNTRUSTED' })
})

test('indexes without a signature are not trusted', async (t) => {
  const [, body = ''] = release.toString('latin1').split(/\n\n|\n-----BEGIN PGP SIGNATURE/)
  const unsigned = Buffer.from(`${body}\n`, 'latin1')
  const mirror = await serve(t, (path) => (path.endsWith('/Release') ? unsigned : undefined))
  await assert.rejects(pin(t, mirror), { code: 'SLIPWAY_PACKAGES_UNTRUSTED' })
})

test('--locked without a lock file is refused without asking the archive', async (t) => {
  const { cache, project } = await testProject(t)
  const set = { lockFile: join(project, 'none.lock.json'), asked: ['crun'], owner: 'test' }
  const nowhere = {
    ...debian,
    mirror: 'http://127.0.0.1:1/debian',
    securityMirror: 'http://127.0.0.1:1/s',
  }
  await assert.rejects(pinPackages(nowhere, [set], { ...options(cache), locked: true }), {
    code: 'SLIPWAY_PACKAGES_LOCK_MISSING',
  })
})

function options(cache: string) {
  return { cache, locked: false, signal: new AbortController().signal }
}

async function pin(t: TestContext, mirror: string) {
  const cache = await mkdtemp(join(tmpdir(), 'slipway-packages-'))
  t.after(() => rm(cache, { recursive: true }))
  const set = { lockFile: join(cache, 'test.lock.json'), asked: ['crun'], owner: 'test' }
  return await pinPackages({ ...debian, mirror, securityMirror: mirror }, [set], options(cache))
}

/** A mirror on loopback that has what `content` gives for a path. */
async function serve(
  t: TestContext,
  content: (path: string) => Buffer | undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    const body = content(request.url ?? '')
    response.writeHead(body ? 200 : 404).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`
}
