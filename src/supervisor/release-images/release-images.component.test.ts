import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { postJson } from '../api/client.ts'
import { pushBusybox, serveBusybox } from '../testing/busybox-image.ts'
import { eventually, World } from '../testing/world.ts'
import { type ImageSet, imageSetText } from './image-set.ts'

const compose = `
services:
  web:
    image: slipway.release/page
    restart: always
    ports: ["8080:80"]
`

async function setUp(context: TestContext) {
  const world = await World.open(context)
  await serveBusybox(world)
  const set = async (version: string): Promise<ImageSet> => ({
    version,
    images: { page: await pushBusybox(world, version, `page of ${version}\n`) },
  })
  return { world, sets: { first: await set('1'), second: await set('2'), third: await set('3') } }
}

/** What the /usr of a release says that the world shall run. */
async function run(world: World, set: ImageSet): Promise<void> {
  await writeFile(join(world.directory, 'images.json'), imageSetText(set))
}

async function take(world: World, set: ImageSet, ...bootable: string[]): Promise<unknown> {
  const socket = join(world.directory, 'run/supervisor.sock')
  return await postJson(socket, '/slipway/release-images', { ...set, bootable })
}

async function shows(world: World, page: string): Promise<void> {
  await eventually(`the container shows ${page}`, async () => {
    return (await world.get('http://127.0.0.1:8080/')) === `${page}\n`
  })
}

describe('containers of a release', () => {
  it('change with it and back with it, and nothing is pulled after the reboot', async (context) => {
    const { world, sets } = await setUp(context)
    await run(world, sets.first)
    await world.declare('shop.yaml', compose)
    const before = await world.startSupervisor()
    await shows(world, 'page of 1')
    await take(world, sets.second)
    await before.said(/pulling .*@sha256:\w+ for release 2/)
    await shows(world, 'page of 1')

    // From here on there is no registry.
    const updated = await world.reboot()
    await run(updated, sets.second)
    const after = await updated.startSupervisor()
    await shows(updated, 'page of 2')
    assert.doesNotMatch(after.words, /pulling/)

    const returned = await updated.reboot()
    await run(returned, sets.first)
    const back = await returned.startSupervisor()
    await shows(returned, 'page of 1')
    assert.doesNotMatch(back.words, /pulling/)
    // It may answer a moment before its record says that it runs.
    await eventually('the container runs with the image of the first release', async () =>
      (await returned.slipctl('ps')).stdout.includes(sets.first.images.page ?? 'no image'),
    )
  })

  it('keep the images of what can be booted and of what runs, and lose those of what is gone', async (context) => {
    const { world, sets } = await setUp(context)
    await run(world, sets.first)
    await world.declare('shop.yaml', compose)
    const first = await world.startSupervisor()
    await shows(world, 'page of 1')
    await take(world, sets.second)
    await first.kill('SIGTERM')
    await run(world, sets.second)
    const second = await world.startSupervisor()
    await shows(world, 'page of 2')
    // Until the new container is found well, the old one and its image stay.
    await second.said(/removed container shop-web-1/)
    await take(world, sets.third, '1')
    assert.doesNotMatch(second.words, /removing/)
    // The slot of 1 was overwritten since.
    await take(world, sets.third)
    await second.said(new RegExp(`removing ${sets.first.images.page}`))
    await shows(world, 'page of 2')
    const kept = JSON.parse(
      await readFile(join(world.directory, 'state/release-images.json'), 'utf8'),
    ) as { releases: ImageSet[] }
    assert.deepEqual(kept.releases, [sets.second, sets.third])
  })

  it('leave the host as it is when an image cannot be pulled, and say why', async (context) => {
    const { world, sets } = await setUp(context)
    await run(world, sets.first)
    await world.declare('shop.yaml', compose)
    const supervisor = await world.startSupervisor()
    await shows(world, 'page of 1')
    const missing = `127.0.0.1:5000/test/busybox@sha256:${'0'.repeat(64)}`
    await assert.rejects(take(world, { version: '2', images: { page: missing } }), {
      code: 'SLIPWAY_SUPERVISOR_REQUEST_FAILED',
      message: /500: .*sha256:0000/,
    })
    await assert.rejects(take(world, { version: '2', images: { page: 'page:latest' } }), {
      message: /400: .*expected REPOSITORY@sha256:DIGEST/,
    })
    await shows(world, 'page of 1')
    assert.doesNotMatch(supervisor.words, /stopping/)
  })

  it('stop being pulled when whoever asked has gone', async (context) => {
    const { world, sets } = await setUp(context)
    await run(world, sets.first)
    const supervisor = await world.startSupervisor()
    // A listener that takes connections and says nothing.
    world.start('busybox', 'nc', '-l', '-k', '-p', '5001')
    const silent = `127.0.0.1:5001/page@sha256:${'0'.repeat(64)}`
    await writeFile(join(world.directory, 'asked'), '')
    const gone = new AbortController()
    const socket = join(world.directory, 'run/supervisor.sock')
    const release = { version: '2', images: { page: silent }, bootable: [] }
    const asked = postJson(socket, '/slipway/release-images', release, gone.signal)
    await supervisor.said(/pulling 127\.0\.0\.1:5001/)
    gone.abort()
    await assert.rejects(asked, { name: 'AbortError' })
    // The next one has its turn at once.
    await take(world, sets.third)
    await supervisor.said(/for release 3/)
  })

  it('are not as declared when the release does not have their image; the others are', async (context) => {
    const { world, sets } = await setUp(context)
    await run(world, sets.first)
    await world.declare('other.yaml', compose.replace('release/page', 'release/pgae'))
    await world.declare('shop.yaml', compose)
    await world.startSupervisor()
    await shows(world, 'page of 1')
    const { status, stdout } = await world.slipctl('status')
    assert.equal(status, 1)
    assert.match(
      stdout,
      /other\.yaml:4:12: services\.web\.image: .* no image "pgae"; did you mean "page"/,
    )
  })
})
