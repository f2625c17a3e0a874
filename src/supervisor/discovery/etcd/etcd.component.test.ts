import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it, type TestContext } from 'node:test'
import { isSlipwayError } from '../../../errors/error.ts'
import { testAuthority } from '../../../update/testing/certificate.ts'
import { requiredProgram } from '../../images/testing/programs.ts'
import { cleanUpsOfSuite } from '../../testing/suite.ts'
import { eventually } from '../../testing/world.ts'
import { BackendClient } from '../backend-client.ts'
import { Discovery } from '../discovery.ts'
import type { Service } from '../service.ts'
import type { DiscoverySettings } from '../settings.ts'
import { testService } from '../testing/service.ts'
import { EtcdBackend } from './backend.ts'
import { EtcdClient } from './client.ts'
import { rangeEnd } from './keys.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const never = new AbortController().signal

describe('an etcd with certificates and users', () => {
  const cleanUps = cleanUpsOfSuite()
  const authority = testAuthority('Backends')
  let directory = ''
  let etcd: ChildProcess
  let settings: DiscoverySettings
  const at = (name: string) => join(directory, name)

  async function startEtcd(): Promise<void> {
    const { origin } = settings.address
    etcd = spawn(
      requiredProgram('etcd', 'etcd-server'),
      [
        ...['--data-dir', at('data'), '--log-level', 'error'],
        ...['--listen-client-urls', origin, '--advertise-client-urls', origin],
        ...['--listen-peer-urls', `http://127.0.0.1:${await freePort()}`],
        ...['--cert-file', at('etcd.crt'), '--key-file', at('etcd.key')],
        ...['--trusted-ca-file', at('ca.crt'), '--client-cert-auth'],
      ],
      { stdio: 'ignore' },
    )
    await eventually('it answers', async () => {
      try {
        await ask('auth/status', {})
        return true
      } catch (error) {
        return !isSlipwayError(error, 'SLIPWAY_DISCOVERY_UNREACHABLE')
      }
    })
  }
  async function stopEtcd(): Promise<void> {
    const ended = once(etcd, 'exit')
    etcd.kill('SIGKILL')
    await ended
  }
  async function ask(path: string, body: object): Promise<unknown> {
    const client = new BackendClient(settings)
    return await client.ask({ method: 'POST', path: `/v3/${path}`, body, signal: never })
  }

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-etcd-'))
    settings = {
      kind: 'etcd',
      address: new URL(`https://127.0.0.1:${await freePort()}`),
      ttlMs: 6_000,
      domain: 'cluster.local',
      explicit: false,
      certificateAuthority: at('ca.crt'),
      certificate: at('host.crt'),
      key: at('host.key'),
      username: 'host1',
      secretFile: at('password'),
    }
    const { certificate, key } = authority.issue('127.0.0.1')
    await writeFile(at('ca.crt'), authority.certificate)
    await writeFile(at('etcd.crt'), certificate)
    await writeFile(at('etcd.key'), key)
    // With users on, etcd takes nothing through its gateway from a certificate that has one.
    const host = authority.issue('host1', '')
    await writeFile(at('host.crt'), host.certificate)
    await writeFile(at('host.key'), host.key)
    await writeFile(at('password'), 'secret\n')
    await startEtcd()
    cleanUps.after(async () => {
      await stopEtcd()
      await rm(directory, { recursive: true, force: true })
    })
    for (const [role, user] of [
      ['root', 'root'],
      ['hosts', 'host1'],
    ]) {
      await ask('auth/role/add', { name: role })
      await ask('auth/user/add', { name: user, password: 'secret' })
      await ask('auth/user/grant', { user, role })
    }
    for (const key of ['/skydns/', '/slipway/discovery/']) {
      const perm = {
        permType: 'READWRITE',
        key: base64(key),
        range_end: rangeEnd(key).toString('base64'),
      }
      await ask('auth/role/grant', { name: 'hosts', perm })
    }
    await ask('auth/enable', {})
  })

  const known = async (): Promise<string[]> => {
    const client = new EtcdClient({ ...settings, username: 'root', secretFile: at('password') })
    const found = await client.range('/skydns/', rangeEnd('/skydns/'), never)
    return found.map(({ key }) => key.split('/')[4] ?? '')
  }
  const begin = (context: TestContext, services: Service[], more: object = {}) => {
    const silent = () => {}
    const discovery = new Discovery({
      backend: new EtcdBackend({ ...settings, ...more }, 'host1'),
      services: async () => services,
      log: { info: silent, warning: silent, error: silent },
    })
    context.after(() => discovery.close())
    return discovery
  }

  it('takes services of who has the password, also when it has forgotten who that is', async (context) => {
    const services = [testService({ name: 'web' })]
    const discovery = begin(context, services)
    await eventually('it is known', async () => `${await known()}` === 'web')
    await stopEtcd()
    await startEtcd()
    services.push(testService({ id: 'host1:api:80', name: 'api' }))
    discovery.poke()
    await eventually('both are known', async () => `${await known()}` === 'api,web')
    services.length = 0
    discovery.poke()
    await eventually('none is known', async () => (await known()).length === 0)
  })

  it('tells who has a wrong password so', async (context) => {
    await writeFile(at('wrong'), 'guess')
    const discovery = begin(context, [testService()], { secretFile: at('wrong') })
    await eventually('it is refused', async () =>
      /authentication failed, invalid user ID or password/.test(discovery.problem ?? ''),
    )
  })

  it('hears nothing from who shows no certificate of the authority that it trusts', async (context) => {
    const stranger = testAuthority('Others').issue('host1')
    await writeFile(at('stranger.crt'), stranger.certificate)
    await writeFile(at('stranger.key'), stranger.key)
    for (const more of [
      { certificate: undefined, key: undefined },
      { certificate: at('stranger.crt'), key: at('stranger.key') },
    ]) {
      const discovery = begin(context, [testService()], more)
      await eventually('it is refused', async () => /alert|TLS|SSL/.test(discovery.problem ?? ''))
    }
    assert.deepEqual(await known(), [])
  })

  it('is not spoken to when its certificate is of somebody else', async (context) => {
    await writeFile(at('other.crt'), testAuthority('Others').certificate)
    const discovery = begin(context, [testService()], { certificateAuthority: at('other.crt') })
    await eventually('it is not trusted', async () =>
      /certificate|self-signed|signature/.test(discovery.problem ?? ''),
    )
    assert.deepEqual(await known(), [])
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
