import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { serveBusybox } from './testing/busybox-image.ts'
import { eventually, type RunningCommand, World } from './testing/world.ts'

async function setUp(context: TestContext): Promise<{ world: World; image: string }> {
  const world = await World.open(context)
  return { world, image: await serveBusybox(world) }
}

/** A web server that says which version it is, and what else its service says. */
const versioned = (image: string, version: string, more: string) => `
services:
  web:
    image: ${image}
    restart: always
    stop_signal: SIGKILL
    command: [sh, -c, "echo ${version} > /www/version; exec httpd -f -p 80 -h /www"]
${more.replace(/^(?=.)/gm, '    ')}
`

const checked = 'healthcheck: { test: "test -e /www/version", interval: 300ms, retries: 1 }\n'
const soon = 'deploy: { update_config: { monitor: 300ms } }\n'
const onPort = 'ports: ["8080:80"]\n'

type Listed = { readonly Id: string; readonly Names: string[]; readonly State: string }

async function webContainers(world: World): Promise<readonly Listed[]> {
  const { stdout } = await world.slipctl('ps', '--all', '--json')
  return (JSON.parse(stdout) as Listed[]).filter(({ Names }) => /web/.test(Names[0] ?? ''))
}

async function version(world: World): Promise<string | undefined> {
  return (await world.get('http://127.0.0.1:8080/version'))?.trim()
}

/** Waits until there is one container of the service, in its place and running, and gives its id. */
async function settled(world: World, other?: string): Promise<string> {
  let last: readonly Listed[] = []
  await eventually('one container runs in its place', async () => {
    last = await webContainers(world)
    const [one] = last
    return (
      last.length === 1 &&
      one?.Names[0] === '/shop-web-1' &&
      one.State === 'running' &&
      one.Id !== other
    )
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(last)}`)
  })
  return last[0]?.Id ?? ''
}

describe('a changed service', () => {
  it('is always found by its name while its successor gets well and takes its place', async (context) => {
    const { world, image } = await setUp(context)
    const peer = `  peer:
    image: ${image}
    stop_signal: SIGKILL
    volumes: ["notes:/notes"]
    command: [sh, -c, "while true; do wget -q -T 2 -O - http://web/version >> /notes/seen 2>> /notes/missed; done"]
volumes: { notes: }
`
    await world.declare('shop.yaml', versioned(image, 'one', checked) + peer)
    const supervisor = await world.startSupervisor()
    const notes = join(world.directory, 'state/volumes/shop_notes/_data')
    const seen = async () => await readFile(join(notes, 'seen'), 'utf8').catch(() => '')
    await eventually('the first is seen', async () => /one/.test(await seen()))
    const first = await settled(world)
    const missed = async () => await readFile(join(notes, 'missed'), 'utf8')
    const before = await missed()
    await world.declare('shop.yaml', versioned(image, 'two', checked) + peer)
    await settled(world, first)
    await eventually('the second is seen', async () => /two\n(two\n)+$/.test(await seen()))
    // A request that the old one was answering when it was killed is lost; that the name is not found never happens.
    assert.doesNotMatch((await missed()).slice(before.length), /bad address/, supervisor.words)
    const words = supervisor.words
    assert.ok(words.indexOf('_shop-web-1 is healthy') < words.indexOf('stopping container'), words)
    assert.deepEqual(
      (await seen()).split('\n').filter((line) => !/^(one|two)?$/.test(line)),
      [],
    )
  })

  it('stays as it was when its successor fails, which is tried again when asked to', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', versioned(image, 'one', soon))
    const supervisor = await world.startSupervisor()
    const first = await settled(world)
    const bad = versioned(image, 'two', soon).replace('exec httpd', 'exit 3; exec httpd')
    await world.declare('shop.yaml', bad)
    await supervisor.said(/shop-web-1 stays: it ended with exit code 3/)
    assert.equal(await settled(world), first)
    const status = await world.slipctl('status')
    assert.equal(status.status, 1)
    assert.match(status.stdout, /shop\/web: shop-web-1 stays: it ended with exit code 3/)

    const applied = await world.slipctl('apply')
    assert.equal(applied.status, 1, applied.stdout)
    assert.equal(supervisor.words.match(/ stays: /g)?.length, 2)
    assert.equal(await settled(world), first)
    await world.declare('shop.yaml', versioned(image, 'three', soon))
    await settled(world, first)
    assert.equal((await world.slipctl('apply')).status, 0)
  })

  it('comes back to its port when a successor that needs the port fails there', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', versioned(image, 'one', checked + onPort))
    const supervisor = await world.startSupervisor()
    const first = await settled(world)
    const ill = versioned(image, 'two', checked + onPort).replace('test -e', 'test ! -e')
    await world.declare('shop.yaml', ill)
    await supervisor.said(/shop-web-1 stays: it is unhealthy/)
    assert.equal(await settled(world), first)
    await eventually('the old one answers', async () => (await version(world)) === 'one')

    await world.declare('shop.yaml', versioned(image, 'three', checked + onPort))
    await settled(world, first)
    assert.equal(await version(world), 'three')
  })

  it('is shown step by step before anything is done', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', versioned(image, 'one', soon + onPort))
    await world.startSupervisor()
    const id = (await settled(world)).slice(0, 12)
    assert.equal((await world.slipctl('apply', '--dry-run')).stdout, 'All is as declared.\n')
    const candidate = join(world.directory, 'shop.yaml')
    await writeFile(candidate, versioned(image, 'two', soon + onPort))
    const plan = await world.slipctl('apply', '--dry-run', '--json', candidate)
    assert.deepEqual(JSON.parse(plan.stdout), {
      problems: [],
      services: [
        {
          service: 'shop/web',
          steps: [
            { kind: 'createContainer', image },
            { kind: 'stopContainer', container: id },
            { kind: 'startContainer', container: 'new' },
            { kind: 'awaitContainer', container: 'new' },
            { kind: 'handOver', container: 'new' },
            { kind: 'removeContainer', container: id },
            { kind: 'takeName', container: 'new', name: 'shop-web-1' },
          ],
        },
      ],
    })
    assert.equal(await version(world), 'one')
  })

  it('ends with the old or the new container wherever the supervisor is killed', async (context) => {
    const { world, image } = await setUp(context)
    const declare = (name: string) =>
      world.declare('shop.yaml', versioned(image, name, checked + onPort))
    await declare('v0')
    let supervisor: RunningCommand = await world.startSupervisor()
    let before = await settled(world)
    for (const [index, moment] of [
      /created container [0-9a-f]{12}_shop-web-1/,
      /stopping container shop-web-1/,
      /started container [0-9a-f]{12}_shop-web-1/,
      /[0-9a-f]{12}_shop-web-1 is healthy/,
      /removed container shop-web-1/,
    ].entries()) {
      const name = `v${index + 1}`
      await declare(name)
      await supervisor.said(moment)
      await supervisor.kill('SIGKILL')
      supervisor = await world.startSupervisor()
      before = await settled(world, before)
      await eventually(`${name} answers`, async () => (await version(world)) === name)
    }
  })

  it('is restarted when it becomes unhealthy, if it says so', async (context) => {
    const { world, image } = await setUp(context)
    const ill = `${checked}labels: { slipway.restart-when-unhealthy: "true" }\n`
    await world.declare(
      'shop.yaml',
      versioned(image, 'one', ill)
        .replace('/version;', '/version; (sleep 1; rm /www/version) &')
        .replace('restart: always', 'restart: "no"'),
    )
    const supervisor = await world.startSupervisor()
    await supervisor.said(
      /shop-web-1 is healthy[\s\S]*is unhealthy[\s\S]*started container shop-web-1 again/,
    )
  })
})
