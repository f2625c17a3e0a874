import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { testAuthority } from '../../update/testing/certificate.ts'
import { NetworkNeededError } from '../sources/failure.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { contextOf } from '../testing/served-context.ts'
import { type Reply, type Seen, serve } from '../testing/servers.ts'
import { azureProvider } from './azure.ts'
import { cloudstackProvider } from './cloudstack.ts'
import { nocloudProvider } from './nocloud.ts'
import { openstackProvider } from './openstack.ts'
import type { Provider } from './provider.ts'
import { openProvider } from './registry.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-provider-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

type Asked = { text: string | undefined; seen: string[] }

/** Asks a provider, all of whose addresses are those of a server that answers by `reply`. */
async function ask(
  provider: Provider | string,
  reply: (request: Seen, before: number) => Reply,
): Promise<Asked> {
  await using server = await serve(reply)
  const opened = typeof provider === 'string' ? openProvider(provider) : provider
  const config = await opened.fetch(contextOf(server))
  return {
    text: config && Buffer.from(config.data).toString(),
    seen: server.seen.map(({ method, headers, path }) => `${method} ${headers.host}${path}`),
  }
}

const link = '169.254.169.254'
const plain: [platform: string, address: string, headers?: Record<string, string>][] = [
  ['digitalocean', `${link}/metadata/v1/user-data`],
  ['hetzner', `${link}/hetzner/v1/userdata`],
  ['vultr', `${link}/user-data/user-data`],
  ['exoscale', `${link}/1.0/user-data`],
  ['upcloud', `${link}/metadata/v1/user_data`],
  ['aliyun', '100.100.100.200/latest/user-data'],
  [
    'gcp',
    `${link}/computeMetadata/v1/instance/attributes/user-data`,
    { 'metadata-flavor': 'Google' },
  ],
]

for (const [platform, address, headers = {}] of plain)
  test(`asks the metadata service of ${platform}, over throttling`, async () => {
    const answered = (request: Seen, before: number): Reply => {
      for (const [name, value] of Object.entries(headers))
        if (request.headers[name] !== value) return { status: 403 }
      return (
        [{ status: 429 }, { status: 503, headers: { 'retry-after': '0' } }][before] ?? {
          body: '{}',
        }
      )
    }
    const { text, seen } = await ask(platform, answered)
    assert.equal(text, '{}')
    assert.deepEqual(new Set(seen), new Set([`GET ${address}`]))
    assert.equal(seen.length, 3)
    const missing = ask(platform, () => ({ status: 404 }))
    if (platform === 'digitalocean') await assert.rejects(missing, /is not there/)
    else assert.equal((await missing).text, undefined)
    await assert.rejects(
      ask(platform, () => ({ status: 403 })),
      /answered 403/,
    )
  })

test('asks EC2 with a token, and without where there is only version 1', async () => {
  const version2 = ({ method, path, headers }: Seen): Reply => {
    if (method === 'PUT' && path === '/latest/api/token')
      return headers['x-aws-ec2-metadata-token-ttl-seconds'] === '21600'
        ? { body: 'the-token' }
        : { status: 400 }
    if (headers['x-aws-ec2-metadata-token'] !== 'the-token') return { status: 401 }
    return { body: '{"2": 2}' }
  }
  const { text, seen } = await ask('aws', version2)
  assert.equal(text, '{"2": 2}')
  assert.deepEqual(seen, [`PUT ${link}/latest/api/token`, `GET ${link}/2019-10-01/user-data`])
  const version1 = ({ method }: Seen): Reply =>
    method === 'PUT' ? { status: 404 } : { body: 'v1' }
  assert.equal((await ask('aws', version1)).text, 'v1')
  const none = ({ method }: Seen): Reply => (method === 'PUT' ? { body: 't' } : { status: 404 })
  assert.equal((await ask('aws', none)).text, undefined)
  await assert.rejects(
    ask('aws', () => ({ status: 403 })),
    /403/,
  )
})

test('decodes what Oracle Cloud has, with the header that it wants', async () => {
  const { text, seen } = await ask('oraclecloud', ({ headers }) =>
    headers.authorization === 'Bearer Oracle'
      ? { body: Buffer.from('{"a": "ä"}').toString('base64') }
      : { status: 403 },
  )
  assert.equal(text, '{"a": "ä"}')
  assert.deepEqual(seen, [`GET ${link}/opc/v2/instance/metadata/user_data`])
  await assert.rejects(
    ask('oraclecloud', () => ({ body: 'not base64!' })),
    /not base64/,
  )
})

test('takes a token from Akamai, decodes and decompresses', async () => {
  for (const data of [Buffer.from('{}'), gzipSync('{}')]) {
    const { text } = await ask('akamai', ({ method, path, headers }) => {
      if (method === 'PUT' && path === '/v1/token')
        return headers['metadata-token-expiry-seconds'] && headers.accept === 'text/plain'
          ? { body: 'token\n' }
          : { status: 400 }
      if (headers['metadata-token'] !== 'token') return { status: 401 }
      return headers.accept === '*/*' ? { body: data.toString('base64') } : { status: 406 }
    })
    assert.equal(text, '{}')
  }
})

test('asks Azure until its service is ready', async () => {
  const replies: Reply[] = [
    { status: 404 },
    { status: 410 },
    { body: Buffer.from('{}').toString('base64') },
  ]
  const { text, seen } = await ask(azureProvider(), ({ headers }, before) =>
    headers.metadata === 'true' ? (replies[before] ?? {}) : { status: 400 },
  )
  assert.equal(text, '{}')
  assert.equal(
    seen.at(-1),
    `GET ${link}/metadata/instance/compute/userData?api-version=2021-01-01&format=text`,
  )
  assert.equal(seen.length, 3)
})

test('asks the metadata service of OpenStack beside its drive', async () => {
  const { text, seen } = await ask(openstackProvider('openstack', directory), () => ({
    body: '{}',
  }))
  assert.equal(text, '{}')
  assert.ok(seen.some((each) => each === `GET ${link}/openstack/latest/user_data`))
  const none = await ask(openstackProvider('openstack', directory), () => ({ status: 404 }))
  assert.equal(none.text, undefined)
})

test('asks the DHCP server in CloudStack', async () => {
  const leases = join(directory, 'leases')
  mkdirSync(leases)
  setTimeout(
    () =>
      writeFileSync(join(leases, '2'), '# private\nADDRESS=10.1.1.5\nSERVER_ADDRESS=10.1.1.1\n'),
    100,
  )
  const provider = cloudstackProvider({ labels: directory, leases })
  const { text, seen } = await ask(provider, () => ({ body: '{}' }))
  assert.equal(text, '{}')
  assert.deepEqual(seen, ['GET 10.1.1.1/latest/user-data'])
})

test('asks the seed of NoCloud that the firmware or the kernel’s command line names', async () => {
  const hint = join(directory, 'serial')
  const provider = nocloudProvider({ labels: directory, hints: [join(directory, 'none'), hint] })
  writeFileSync(hint, 'ds=nocloud;s=http://10.0.2.2:8000/a\n')
  const { text, seen } = await ask(provider, () => ({ body: '{}' }))
  assert.equal(text, '{}')
  assert.deepEqual(seen, ['GET 10.0.2.2:8000/a/user-data'])
  writeFileSync(hint, 'ds=nocloud;s=file:///etc\n')
  await assert.rejects(
    ask(provider, () => ({})),
    /not http or https/,
  )
})

test('asks Equinix Metal, and tells its timeline how stages ended', async () => {
  const authority = testAuthority('packet')
  const { key, certificate } = authority.issue('metadata.packet.net')
  const events: string[] = []
  await using timeline = await serve(({ path, body }) => {
    events.push(`${path} ${body}`)
    return {}
  })
  const metadata = JSON.stringify({ phone_home_url: 'http://tinkerbell.example/phone-home' })
  await using service = await serve(
    ({ path, headers }) =>
      headers.accept === '*/*' ? { body: path === '/metadata' ? metadata : '{}' } : { status: 406 },
    { key, cert: certificate },
  )
  const log = quietLog()
  const fetcher = new Fetcher({
    log,
    platform: 'packet',
    connectTo: (host) => ({
      host: '127.0.0.1',
      port: host === 'metadata.packet.net' ? service.port : timeline.port,
    }),
  })
  fetcher.configure({ authorities: [authority.certificate], timeouts: { httpTotal: 30 } })
  const packet = openProvider('packet')
  assert.equal(String((await packet.fetch({ fetcher, log }))?.data), '{}')
  await packet.report?.({ fetcher, log }, { stage: 'files' })
  await packet.report?.({ fetcher, log }, { stage: 'files', failure: 'the disk is full' })
  assert.deepEqual(events, [
    '/events {"state":"running","message":"[files] Ignition status: finished successfully"}',
    '/events {"state":"failed","message":"[files] Ignition error: the disk is full"}',
  ])
})

test('needs the network on all platforms that have a service, and on no other', async () => {
  const log = quietLog()
  const fetcher = new Fetcher({ log, platform: 'test', isOffline: true })
  const services = [
    'akamai',
    'aws',
    'azure',
    'cloudstack',
    'openstack',
    'brightbox',
    'packet',
    'scaleway',
  ]
  for (const platform of [...services, 'oraclecloud', ...plain.map(([name]) => name)])
    await assert.rejects(
      openProvider(platform).fetch({ fetcher, log }),
      NetworkNeededError,
      platform,
    )
  assert.equal(await openProvider('metal').fetch({ fetcher, log }), undefined)
})
