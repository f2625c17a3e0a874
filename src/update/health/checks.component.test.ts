import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { serveBusybox } from '../../supervisor/testing/busybox-image.ts'
import { eventually, World } from '../../supervisor/testing/world.ts'
import { type Check, checksFor } from './checks.ts'
import { observeHost } from './observe.ts'

async function supervised(t: TestContext) {
  const world = await World.open(t)
  const image = await serveBusybox(world)
  await world.declare(
    'shop.yaml',
    `services: { web: { image: "${image}", restart: always }, job: { image: "${image}", restart: always } }`,
  )
  const supervisor = await world.startSupervisor()
  const socket = join(world.directory, 'run/supervisor.sock')
  await eventually('both containers run', async () => {
    return (await observeHost(socket)).containers.length === 2
  })
  const { containers } = await observeHost(socket)
  const baseline = { containers, interfaces: [] }
  const [alive, checks] = checksFor({ baseline, containers: true, network: false, socket })
  assert.ok(alive !== undefined && checks !== undefined)
  return { world, supervisor, socket, image, alive, checks }
}

const outcome = (check: Check) => check.run(AbortSignal.timeout(10_000))

test('a host whose containers run as before is well', async (t) => {
  const { alive, checks } = await supervised(t)
  assert.equal(await outcome(alive), undefined)
  assert.equal(await outcome(checks), undefined)
  assert.equal(await outcome(checks), undefined)
})

test('a container that ran before and crashes again and again is named', async (t) => {
  const { world, image, checks } = await supervised(t)
  await world.declare(
    'shop.yaml',
    `services: { web: { image: "${image}", restart: always }, job: { image: "${image}", command: [sh, -c, "exit 1"], restart: always } }`,
  )
  await eventually('the container that crashes is named', async () => {
    return /^(not running|restarting): shop-job-1$/.test((await outcome(checks)) ?? '')
  })
})

test('a container that is declared no more is not missed', async (t) => {
  const { world, image, socket, checks } = await supervised(t)
  await world.declare('shop.yaml', `services: { web: { image: "${image}", restart: always } }`)
  await eventually('it is gone', async () => (await observeHost(socket)).containers.length === 1)
  assert.equal(await outcome(checks), undefined)
})

test('a supervisor that is not there is the reason', async (t) => {
  const { supervisor, alive } = await supervised(t)
  await supervisor.kill('SIGKILL')
  assert.match((await outcome(alive)) ?? '', /supervisor/)
})

test('an update server counts as long as it answers, whatever it answers', async (t) => {
  let status = 404
  const server = createServer((_request, response) => response.writeHead(status).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const baseline = { containers: [], interfaces: [] }
  const base = `http://127.0.0.1:${port}/releases/`
  const [, check] = checksFor({ baseline, containers: false, network: false, server: base })
  assert.ok(check !== undefined)
  assert.equal(await outcome(check), undefined)
  status = 503
  assert.match((await outcome(check)) ?? '', /127\.0\.0\.1:\d+ answered 503/)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  assert.match((await outcome(check)) ?? '', /127\.0\.0\.1/)
})
