import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { testAuthority } from '../../update/testing/certificate.ts'
import { serveBusybox } from '../testing/busybox-image.ts'
import { Docker } from '../testing/docker.ts'
import { declaration } from '../testing/host.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { eventually, World } from '../testing/world.ts'
import { parseExposition } from './testing/parse-exposition.ts'

describe('metrics', () => {
  let world: World
  let docker: Docker
  let image: string
  const cleanUps = cleanUpsOfSuite()
  const url = 'http://127.0.0.1:9323/metrics'

  before(async () => {
    world = await World.open(cleanUps)
    image = await serveBusybox(world, { metrics: { listen: '127.0.0.1' } })
    await world.declare('base.yaml', declaration(image))
    const supervisor = await world.startSupervisor()
    await supervisor.said(/started container base-seed-1/)
    await supervisor.said(/metrics are served at 127\.0\.0\.1, port 9323/)
    docker = new Docker(world)
  })

  const output = async (line: string) => {
    const { status, stdout, stderr } = await docker.run(line.replaceAll('IMAGE', image))
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }
  const scrape = async () => {
    const text = await world.get(url)
    assert.ok(text !== undefined)
    return parseExposition(text)
  }

  it('tell of containers and of the engine', async () => {
    await output('docker run -d --name busy IMAGE sh -c "while :; do :; done"')
    await output('docker run --name ended IMAGE sh -c "exit 7" || true')
    const families = await scrape()
    const value = (name: string, labels = '') => families.get(name)?.samples.get(labels)
    assert.ok((value('slipway_container_cpu_seconds_total', '{name="busy",mode="user"}') ?? 0) > 0)
    assert.equal(value('slipway_container_state', '{name="busy",state="running"}'), 1)
    assert.equal(value('slipway_container_state', '{name="ended",state="exited"}'), 1)
    assert.equal(value('slipway_container_state', '{name="ended",state="running"}'), 0)
    assert.equal(value('slipway_container_exit_code', '{name="ended"}'), 7)
    assert.equal(value('slipway_container_restarts_total', '{name="busy"}'), 0)
    assert.ok(
      (value('slipway_container_network_receive_bytes_total', '{name="busy",interface="eth0"}') ??
        -1) >= 0,
    )
    const info = [...(families.get('slipway_container_info')?.samples.keys() ?? [])].join('\n')
    assert.match(
      info,
      /name="base-seed-1",id="[0-9a-f]{64}",image="\S+",project="base",service="seed"/,
    )
    assert.ok((value('slipway_events_total', '{type="container",action="start"}') ?? 0) >= 2)
    assert.equal(value('slipway_failed_services'), 0)
    assert.equal(value('slipway_images'), 1)
  })

  it('tell of health', async () => {
    await output(
      'docker run -d --name checked --health-cmd true --health-interval 1s --health-start-interval 100ms --health-start-period 10s IMAGE sleep 100000',
    )
    await eventually('the metrics say that it is healthy', async () => {
      const samples = (await scrape()).get('slipway_container_health')?.samples
      return samples?.get('{name="checked",health="healthy"}') === 1
    })
  })

  it('are all that is served, and cannot be written', async () => {
    const status = async (...parameters: string[]) =>
      (await world.run('busybox', 'wget', '-q', '-O', '-', ...parameters)).status
    assert.notEqual(await status('http://127.0.0.1:9323/containers/json'), 0)
    assert.notEqual(await status('--post-data', 'x', url), 0)
    assert.equal(await status(url), 0)
  })
})

describe('metrics by mutual TLS', () => {
  const cleanUps = cleanUpsOfSuite()

  it('are for clients with a certificate alone', async () => {
    const world = await World.open(cleanUps)
    const at = (name: string) => join(world.directory, name)
    const [hosts, clients] = [testAuthority('Hosts'), testAuthority('Clients')]
    const [host, client] = [hosts.issue('127.0.0.1'), clients.issue('prometheus')]
    const files = {
      'hosts.crt': hosts.certificate,
      'clients.crt': clients.certificate,
      'host.crt': host.certificate,
      'host.key': host.key,
      'client.crt': client.certificate,
      'client.key': client.key,
    }
    for (const [name, text] of Object.entries(files)) await writeFile(at(name), text)
    await serveBusybox(world, {
      metrics: {
        listen: '127.0.0.1',
        certificate: at('host.crt'),
        key: at('host.key'),
        clientAuthorities: at('clients.crt'),
      },
    })
    const supervisor = await world.startSupervisor()
    await supervisor.said(/metrics are served/)
    const ask = (...credentials: string[]) =>
      world.run(
        'sh',
        ...['-c', '(printf "GET /metrics HTTP/1.0\\r\\n\\r\\n"; sleep 2) | openssl "$@"', 'sh'],
        ...['s_client', '-quiet', '-verify_return_error', '-CAfile', at('hosts.crt')],
        ...['-connect', '127.0.0.1:9323', ...credentials],
      )
    const { stdout } = await ask('-cert', at('client.crt'), '-key', at('client.key'))
    parseExposition(stdout.slice(stdout.indexOf('\r\n\r\n') + 4))
    assert.doesNotMatch((await ask()).stdout, /slipway_/)
  })
})
