import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { serveBusybox } from './testing/busybox-image.ts'
import { eventually, World } from './testing/world.ts'

/** A web server, and a service in its network that tells what it is answered there. */
const project = (image: string, version: string) => `
services:
  side:
    image: ${image}
    restart: always
    stop_signal: SIGKILL
    network_mode: service:web
    command: [sh, -c, "while sleep 0.1; do wget -q -T 1 -O - http://127.0.0.1/version > /www/seen.new && mv /www/seen.new /www/seen; done"]
  web:
    image: ${image}
    restart: always
    stop_signal: SIGKILL
    ports: ["8080:80"]
    command: [sh, -c, "echo ${version} > /www/version; exec httpd -f -p 80 -h /www"]
`

type Inspected = {
  readonly Id: string
  readonly State: { readonly StartedAt: string }
  readonly HostConfig: { readonly NetworkMode: string }
}

async function inspect(world: World, name: string): Promise<Inspected> {
  const { stdout, stderr, status } = await world.slipctl('inspect', name)
  assert.equal(status, 0, stderr)
  const parsed = JSON.parse(stdout) as Inspected | Inspected[]
  return Array.isArray(parsed) ? (parsed[0] as Inspected) : parsed
}

/** Waits until the service beside the web server has had this answer, in the network of its container. */
async function sees(world: World, version: string): Promise<readonly [web: string, side: string]> {
  let last: unknown
  let ids: readonly [string, string] = ['', '']
  await eventually(`the other sees ${version}`, async () => {
    const seen = await world.slipctl('ps', '--all', '--json')
    last = seen.stdout
    const listed = JSON.parse(seen.stdout) as { Id: string; Names: string[]; State: string }[]
    const find = (name: string) =>
      listed.find(({ Names, State }) => Names[0] === `/shop-${name}-1` && State === 'running')?.Id
    const [web, side] = [find('web'), find('side')]
    if (web === undefined || side === undefined || listed.length !== 2) return false
    ids = [web, side]
    const { HostConfig } = await inspect(world, side)
    if (HostConfig.NetworkMode !== `container:${web}`) return false
    const read = await world.run(
      'cat',
      `${world.directory}/state/containers/${side}/rootfs/www/seen`,
    )
    last = read
    return read.stdout.trim() === version
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(last)}`)
  })
  return ids
}

describe('a service in the namespaces of another', () => {
  it('is started after it, replaced with it and started again with it', async (context) => {
    const world = await World.open(context)
    const image = await serveBusybox(world)
    await world.declare('shop.yaml', project(image, 'one'))
    let supervisor = await world.startSupervisor()
    const [web, side] = await sees(world, 'one')
    assert.ok(
      supervisor.words.indexOf('started container shop-web-1') <
        supervisor.words.indexOf('started container shop-side-1'),
      supervisor.words,
    )

    await world.declare('shop.yaml', project(image, 'two'))
    const [web2, side2] = await sees(world, 'two')
    assert.notEqual(web2, web)
    assert.notEqual(side2, side)

    await supervisor.kill('SIGKILL')
    supervisor = await world.startSupervisor()
    assert.deepEqual(await sees(world, 'two'), [web2, side2])
    const before = (await inspect(world, 'shop-side-1')).State.StartedAt
    const { status, stderr } = await world.run(
      'crun',
      '--root',
      `${world.directory}/run/crun`,
      'kill',
      web2,
      'KILL',
    )
    assert.equal(status, 0, stderr)
    await eventually('the other is started again', async () => {
      return (await inspect(world, 'shop-side-1')).State.StartedAt !== before
    })
    assert.deepEqual(await sees(world, 'two'), [web2, side2])

    const next = await world.reboot()
    await serveBusybox(next)
    await next.startSupervisor()
    assert.deepEqual(await sees(next, 'two'), [web2, side2])
  })
})
