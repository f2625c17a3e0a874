import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { serveBusybox } from '../../supervisor/testing/busybox-image.ts'
import { eventually, World } from '../../supervisor/testing/world.ts'
import { type Check, checksFor } from './checks.ts'
import { listContainers, observeHost } from './observe.ts'

const steady = '[sh, -c, "trap exit TERM; while true; do sleep 0.1; done"]'
const crashing = '[sh, -c, "exit 1"]'
/** It goes on until somebody says otherwise. */
const crashingWhenTold =
  '[sh, -c, "trap exit TERM; while test ! -e /told/crash; do sleep 0.1; done; exit 1"]'

async function supervised(t: TestContext, jobCommand = steady) {
  const world = await World.open(t)
  const image = await serveBusybox(world)
  const told = join(world.directory, 'told')
  await mkdir(told)
  const job = (command: string) =>
    `  job: { image: "${image}", command: ${command}, restart: always, volumes: ["${told}:/told"] }`
  const web = (command: string) =>
    `  web: { image: "${image}", command: ${command}, restart: always }`
  const declare = (...services: string[]) =>
    world.declare('shop.yaml', ['services:', ...services, ''].join('\n'))
  await declare(web(steady), job(jobCommand))
  const supervisor = await world.startSupervisor()
  const socket = join(world.directory, 'run/supervisor.sock')
  await eventually('both containers run', async () => {
    const seen = await listContainers(socket)
    return seen.filter(({ state }) => state === 'running').length === 2
  })
  const containers = ['shop-job-1', 'shop-web-1']
  const baseline = { ...(await observeHost(socket)), containers, interfaces: [] }
  const [alive, checks] = checksFor({ baseline, containers: true, network: false, socket })
  assert.ok(alive !== undefined && checks !== undefined)
  return { supervisor, socket, alive, checks, declare, web, job, told }
}

const outcome = (check: Check) => check.run(AbortSignal.timeout(10_000))

test('a host whose containers run as before is well', async (t) => {
  const { alive, checks } = await supervised(t)
  assert.equal(await outcome(alive), undefined)
  assert.equal(await outcome(checks), undefined)
  assert.equal(await outcome(checks), undefined)
})

test('a container that ran before and crashes again and again is named', async (t) => {
  const { told, checks } = await supervised(t, crashingWhenTold)
  assert.equal(await outcome(checks), undefined)
  await writeFile(join(told, 'crash'), '')
  await eventually('the container that crashes is named', async () => {
    return /^(not running|restarting): shop-job-1$/.test((await outcome(checks)) ?? '')
  })
})

test('a container that runs and was healthy before is named when it is not', async (t) => {
  const { told, checks } = await supervised(
    t,
    `${steady}, healthcheck: { test: "test ! -e /told/ill", interval: 100ms, retries: 1 }`,
  )
  await eventually('its health check is known', async () => (await outcome(checks)) === undefined)
  await writeFile(join(told, 'ill'), '')
  await eventually('the container that is ill is named', async () => {
    return (await outcome(checks)) === 'unhealthy: shop-job-1'
  })
})

test('a container whose replacement fails is named, though the old one is back', async (t) => {
  const { socket, checks, declare, web, job } = await supervised(t)
  await declare(web(steady), job(crashing))
  await eventually('what failed is named', async () => {
    return /^not replaced: shop-job-1: .*exit code 1/.test((await outcome(checks)) ?? '')
  })
  const now = { ...(await observeHost(socket)), interfaces: [] }
  assert.deepEqual(now.containers.toSorted(), ['shop-job-1', 'shop-web-1'])
  const [, later] = checksFor({ baseline: now, containers: true, network: false, socket })
  assert.ok(later !== undefined)
  assert.equal(await outcome(later), undefined, 'what failed before is not the release’s fault')
})

test('a container whose replacement is not yet known to be well keeps the host waiting', async (t) => {
  const { checks, declare, web, job } = await supervised(t)
  await declare(web(steady.replace('0.1', '0.2')), job(steady))
  await eventually('its replacement is on trial', async () => {
    return (await outcome(checks)) === 'being replaced: shop-web-1'
  })
  await eventually('all is well', async () => (await outcome(checks)) === undefined)
})

test('a container that is declared no more is not missed', async (t) => {
  const { socket, checks, declare, web } = await supervised(t)
  await declare(web(steady))
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
