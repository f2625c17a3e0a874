import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { type TestCertificate, testAuthority } from '../../../update/testing/certificate.ts'
import { serveBusybox } from '../../testing/busybox-image.ts'
import { Docker } from '../../testing/docker.ts'
import { cleanUpsOfSuite } from '../../testing/suite.ts'
import { eventually, type RunningCommand, World } from '../../testing/world.ts'

describe('the Engine API over TLS', () => {
  let world: World
  let supervisor: RunningCommand
  let image: string
  const cleanUps = cleanUpsOfSuite()
  const hosts = testAuthority('Hosts')
  const clients = testAuthority('Clients')
  const at = (name: string) => join(world.directory, name)

  /** The folder of one client, as Docker has it. */
  const certify = async (name: string, client: TestCertificate, host = hosts) => {
    await mkdir(at(name), { recursive: true })
    await writeFile(join(at(name), 'ca.pem'), host.certificate)
    await writeFile(join(at(name), 'cert.pem'), client.certificate)
    await writeFile(join(at(name), 'key.pem'), client.key)
  }

  const writeHost = async ({ certificate, key }: TestCertificate) => {
    await writeFile(at('host.crt'), certificate)
    await writeFile(at('host.key'), key)
  }

  /** A line of shell with `docker` being the remote client of that name. */
  const docker = (client: string, line: string) =>
    new Docker(world).run(
      `export DOCKER_HOST=tcp://127.0.0.1:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${at(client)}; ${line}`,
    )

  before(async () => {
    world = await World.open(cleanUps)
    image = await serveBusybox(world, {
      api: {
        listen: '127.0.0.1',
        certificate: at('host.crt'),
        key: at('host.key'),
        clientAuthorities: at('clients.crt'),
        roles: { laptop: 'admin', pager: 'operator', panel: 'read-only' },
      },
    })
    await world.declare(
      'base.yaml',
      `services: { seed: { image: "${image}", command: [sleep, "100000"] } }`,
    )
    await writeHost(hosts.issue('127.0.0.1'))
    await writeFile(at('clients.crt'), clients.certificate)
    for (const name of ['laptop', 'panel', 'pager', 'stranger'])
      await certify(name, clients.issue(name))
    await certify('impostor', testAuthority('Clients').issue('laptop'))
    supervisor = await world.startSupervisor()
    await supervisor.said(/the API listens at 127\.0\.0\.1, port 2376/)
    await supervisor.said(/started container base-seed-1/)
  })

  it('lets an admin do everything, with streams both ways', async () => {
    const { status, stdout, stderr } = await docker(
      'laptop',
      `printf 'one\\ntwo\\n' | docker run --rm -i ${image} sh -c 'wc -l; exit 3'`,
    )
    assert.deepEqual([stdout.trim(), status], ['2', 3], stderr)
  })

  it('lets an operator run what is there, and make or enter nothing', async () => {
    assert.equal((await docker('pager', 'docker restart -t 0 base-seed-1')).status, 0)
    for (const line of [`docker run --rm ${image} true`, 'docker exec base-seed-1 true']) {
      const { status, stderr } = await docker('pager', line)
      assert.notEqual(status, 0)
      assert.match(stderr, /is for the role admin, and this client is operator/)
    }
  })

  it('lets a reader look, and change nothing', async () => {
    assert.match((await docker('panel', "docker ps --format '{{.Names}}'")).stdout, /base-seed-1/)
    const { status, stderr } = await docker('panel', 'docker stop base-seed-1')
    assert.equal(status, 1)
    assert.match(stderr, /is for the role operator, and this client is read-only/)
  })

  it('refuses who is named nowhere', async () => {
    const { status, stderr } = await docker('stranger', 'docker ps')
    assert.equal(status, 1)
    assert.match(stderr, /the certificate of this client has no role on this host/)
  })

  it('ends the handshake of who has a certificate of others, or none', async () => {
    assert.notEqual((await docker('impostor', 'docker ps')).status, 0)
    const plain = 'DOCKER_TLS_VERIFY= DOCKER_CERT_PATH= docker -H tcp://127.0.0.1:2376 ps'
    assert.notEqual((await docker('laptop', plain)).status, 0)
    await supervisor.said(/the API refused 127\.0\.0\.1/)
  })

  it('answers slipctl from elsewhere, as far as its role goes', async () => {
    const from = (client: string, ...rest: string[]) =>
      world.ctl('--host', 'tcp://127.0.0.1', '--certificates', at(client), ...rest)
    assert.match((await from('panel', 'ps')).stdout, /base-seed-1/)
    const status = JSON.parse((await from('panel', 'status', '--json')).stdout)
    assert.equal(status.projects[0].services[0].container, 'base-seed-1')
    const host = JSON.parse((await from('panel', 'host', '--json')).stdout)
    assert.ok(host.memory.totalBytes > 0)
    // This is no host with releases, and says so wherever it is asked from.
    assert.match((await from('panel', 'update', 'status')).stderr, /os-release/)
    const hold = await from('pager', 'update', 'hold')
    assert.equal(hold.status, 1)
    assert.match(hold.stderr, /is for the role admin, and this client is operator/)
    assert.match((await from('laptop', 'reset', '--yes')).stderr, /on the host alone/)
    assert.match((await from('stranger', 'ps')).stderr, /has no role on this host/)
    assert.match((await from('nobody', 'ps')).stderr, /nobody\/ca\.pem.*\n.*--certificates/)
  })

  it('answers slipctl by a context of docker', async () => {
    const folder = `ca=${at('panel')}/ca.pem,cert=${at('panel')}/cert.pem,key=${at('panel')}/key.pem`
    const docker = new Docker(world)
    const made = await docker.run(
      `docker context create shop --docker host=tcp://127.0.0.1:2376,${folder}`,
    )
    assert.equal(made.status, 0, made.stderr)
    const { stdout, stderr } = await world.run(
      'env',
      `DOCKER_CONFIG=${at('docker-config')}`,
      ...world.ctlCommand('--context', 'shop', 'ps'),
    )
    assert.match(stdout, /base-seed-1/, stderr)
    const unknown = await world.ctl('--context', 'shopp', 'ps')
    assert.equal(unknown.status, 2)
    assert.match(unknown.stderr, /no usable context shopp/)
  })

  it('takes other certificates while it runs, and keeps those it has when the new ones are none', async () => {
    await writeFile(at('host.crt'), 'nothing\n')
    await supervisor.said(/the API keeps its certificates/)
    assert.equal((await docker('laptop', 'docker ps')).status, 0)
    const others = testAuthority('Other hosts')
    await writeHost(others.issue('127.0.0.1'))
    await certify('laptop', clients.issue('laptop'), others)
    await eventually(
      'the new certificate is served',
      async () => (await docker('laptop', 'docker ps')).status === 0,
    )
  })
})
