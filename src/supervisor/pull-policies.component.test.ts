import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pushBusybox, serveBusybox } from './testing/busybox-image.ts'
import { eventually, World } from './testing/world.ts'

/** A web server that does not start with a page that is bad. */
const project = (image: string, policy: string) => `
services:
  web:
    image: ${image}
    pull_policy: ${policy}
    restart: always
    stop_signal: SIGKILL
    ports: ["8080:80"]
    deploy: { update_config: { monitor: 300ms } }
    command: [sh, -c, "grep -q bad /www/index.html && exit 3; exec httpd -f -p 80 -h /www"]
`

async function shows(world: World, page: string): Promise<void> {
  await eventually(`the page is ${page}`, async () => {
    return (await world.get('http://127.0.0.1:8080/'))?.trim() === page
  })
}

async function idOf(world: World): Promise<string> {
  const { stdout } = await world.slipctl('ps', '--all', '--json')
  return (JSON.parse(stdout) as { Id: string }[]).map(({ Id }) => Id).join(' ')
}

const away =
  'table inet away { chain out { type filter hook output priority 0; tcp dport 5000 reject with tcp reset; }; }'

describe('the pull policy of a service', () => {
  it('has the registry asked whenever it is applied, and keeps what runs when that has no answer or nothing good', async (context) => {
    const world = await World.open(context)
    const image = await serveBusybox(world)
    await world.declare('shop.yaml', project(image, 'always'))
    let supervisor = await world.startSupervisor()
    await shows(world, 'hello from the container')
    const first = await idOf(world)
    assert.equal((await world.slipctl('apply')).status, 0)
    assert.equal(await idOf(world), first)

    await pushBusybox(world, '1', 'second\n')
    const applied = await world.slipctl('apply')
    assert.equal(applied.status, 0, applied.stdout)
    await shows(world, 'second')
    const second = await idOf(world)
    assert.notEqual(second, first)

    await pushBusybox(world, '1', 'bad\n')
    const refused = await world.slipctl('apply')
    assert.equal(refused.status, 1, refused.stdout)
    assert.match(refused.stdout, /shop-web-1 stays: it ended with exit code 3/)
    assert.equal(await idOf(world), second)
    await shows(world, 'second')

    // Another image of the same declaration may do better.
    await pushBusybox(world, '1', 'third\n')
    await supervisor.kill('SIGTERM')
    supervisor = await world.startSupervisor()
    await shows(world, 'third')
    const third = await idOf(world)

    await world.run('sh', '-c', `echo '${away}' | nft -f -`)
    assert.equal((await world.slipctl('apply')).status, 0)
    assert.match(supervisor.words, /test\/busybox:1 stays as it is here/)
    assert.equal(await idOf(world), third)
    const changed = project(image, 'always').replace('httpd -f', 'httpd -f -vv')
    await world.declare('shop.yaml', changed)
    await eventually(
      'it was replaced all the same',
      async () => !(await idOf(world)).includes(third),
    )
    await shows(world, 'third')
  })

  it('has the registry asked when the interval is over', async (context) => {
    const world = await World.open(context)
    const image = await serveBusybox(world)
    await world.declare('shop.yaml', project(image, 'every_2s'))
    await world.startSupervisor()
    await shows(world, 'hello from the container')
    await pushBusybox(world, '1', 'second\n')
    await shows(world, 'second')
    await pushBusybox(world, '1', 'third\n')
    await shows(world, 'third')
  })

  it('says so when an image is not here that is never to be pulled', async (context) => {
    const world = await World.open(context)
    const image = await serveBusybox(world)
    await world.declare('shop.yaml', project(image, 'never'))
    const supervisor = await world.startSupervisor()
    await supervisor.said(/shop\/web: requireImage failed.*is not on this host/)
    const status = await world.slipctl('status')
    assert.equal(status.status, 1)
    assert.match(status.stdout, /pull_policy: never keeps it from being pulled/)
    assert.doesNotMatch(supervisor.words, /pulling/)
    await world.declare(
      'other.yaml',
      `services: { other: { image: "${image}", command: ["true"] } }`,
    )
    await shows(world, 'hello from the container')
  })
})
