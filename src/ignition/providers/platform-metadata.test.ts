import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { contextOf } from '../testing/served-context.ts'
import { type Reply, type Seen, serve } from '../testing/servers.ts'
import { azureProvider } from './azure.ts'
import { cloudstackProvider } from './cloudstack.ts'
import { nocloudProvider } from './nocloud.ts'
import { openstackProvider } from './openstack.ts'
import { packetProvider } from './packet.ts'
import type { Provider } from './provider.ts'
import { openProvider } from './registry.ts'

type Told = { hostname: string | undefined; keys: readonly string[] | undefined }

/** Asks for all that a platform tells, of a server that answers by `reply`. */
async function told(
  provider: Provider | string,
  reply: (request: Seen, before: number) => Reply,
): Promise<Told> {
  await using server = await serve(reply)
  const { metadata } = typeof provider === 'string' ? openProvider(provider) : provider
  assert.ok(metadata !== undefined)
  const context = contextOf(server)
  return {
    hostname: await metadata.hostname(context),
    keys: await metadata.sshKeys?.(context),
  }
}

/** A service that has a text at each address, and wants headers. */
function at(
  texts: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>> = {},
): (request: Seen) => Reply {
  return ({ headers, path }) => {
    for (const [name, value] of Object.entries(wanted))
      if (headers[name] !== value) return { status: 403 }
    const body = texts[`${headers.host}${path}`]
    return body === undefined ? { status: 404 } : { body }
  }
}

const link = '169.254.169.254'
const one = 'ssh-ed25519 AAAA1 one@example'
const two = 'ssh-rsa AAAA2'
const json = JSON.stringify

const services: [
  platform: string,
  texts: Record<string, string>,
  headers?: Record<string, string>,
][] = [
  ['vultr', { [`${link}/v1/hostname`]: 'web-1', [`${link}/v1/public-keys`]: `${one}\n${two}\n` }],
  [
    'exoscale',
    {
      [`${link}/1.0/meta-data/local-hostname`]: 'web-1',
      [`${link}/1.0/meta-data/public-keys`]: `${one}\n${two}`,
    },
  ],
  [
    'upcloud',
    {
      [`${link}/metadata/v1/hostname`]: 'web-1',
      [`${link}/metadata/v1/public_keys`]: `${one}\n${two}`,
    },
  ],
  [
    'hetzner',
    {
      [`${link}/hetzner/v1/metadata/hostname`]: 'web-1',
      [`${link}/hetzner/v1/metadata/public-keys`]: json([one, two]),
    },
  ],
  [
    'digitalocean',
    { [`${link}/metadata/v1.json`]: json({ hostname: 'web-1', public_keys: [one, two] }) },
  ],
  [
    'scaleway',
    {
      '169.254.42.42/conf?format=json': json({
        hostname: 'web-1',
        ssh_public_keys: [{ key: one }, { key: two }],
      }),
    },
  ],
  [
    'oraclecloud',
    {
      [`${link}/opc/v2/instance/`]: json({
        hostname: 'web-1',
        metadata: { ssh_authorized_keys: `${one}\n${two}\n`, user_data: 'e30=' },
      }),
    },
    { authorization: 'Bearer Oracle' },
  ],
  [
    'aliyun',
    {
      '100.100.100.200/latest/meta-data/hostname': 'web-1',
      '100.100.100.200/latest/meta-data/public-keys/': '0/\n1/\n',
      '100.100.100.200/latest/meta-data/public-keys/0/openssh-key': `${one}\n`,
      '100.100.100.200/latest/meta-data/public-keys/1/openssh-key': `${two}\n`,
    },
  ],
]

for (const [platform, texts, headers] of services)
  test(`asks ${platform} for the host's name and its keys`, async () => {
    const expected = { hostname: 'web-1', keys: [one, two] }
    assert.deepEqual(await told(platform, at(texts, headers)), expected)
    const nothing = await told(platform, () => ({ status: 404 })).catch(String)
    assert.deepEqual(nothing, { hostname: undefined, keys: [] })
  })

test('asks EC2 with a token, for each of the numbered keys', async () => {
  const root = `${link}/2019-10-01/meta-data`
  const texts = {
    [`${root}/hostname`]: 'ip-10-0-0-1.ec2.internal',
    [`${root}/public-keys/`]: '0=mine\n1=theirs',
    [`${root}/public-keys/0/openssh-key`]: one,
    [`${root}/public-keys/1/openssh-key`]: `${two}\n`,
  }
  const answer = at(texts, { 'x-aws-ec2-metadata-token': 'the-token' })
  const reply = (request: Seen): Reply =>
    request.method === 'PUT' ? { body: 'the-token' } : answer(request)
  const expected = { hostname: 'ip-10-0-0-1.ec2.internal', keys: [one, two] }
  assert.deepEqual(await told('aws', reply), expected)
})

test('takes keys of Google’s project and instance, without users and without expired ones', async () => {
  const root = `${link}/computeMetadata/v1`
  const ends = (time: string) => `google-ssh {"userName":"a@b","expireOn":"${time}"}`
  const texts = {
    [`${root}/instance/hostname`]: 'web-1.c.project.internal\n',
    [`${root}/instance/attributes/ssh-keys`]: [
      `ana:${one}`,
      `bea:${two} ${ends('2018-12-04T20:12:00+0000')}`,
      `bea:${two} ${ends('2999-12-04T20:12:00+0000')}`,
      `cem:${two} ${ends('someday')}`,
      `cem:${two} google-ssh {not json}`,
    ].join('\n'),
    [`${root}/project/attributes/ssh-keys`]: `dan:${two}`,
  }
  const headers = { 'metadata-flavor': 'Google' }
  const own = [one, `${two} ${ends('2999-12-04T20:12:00+0000')}`]
  assert.deepEqual(await told('gcp', at(texts, headers)), {
    hostname: 'web-1.c.project.internal',
    keys: [...own, two],
  })
  const alone = { ...texts, [`${root}/instance/attributes/block-project-ssh-keys`]: 'TRUE' }
  assert.deepEqual((await told('gcp', at(alone, headers))).keys, own)
})

test('prefers the name that Azure gave the system to that of the resource', async () => {
  const address = `${link}/metadata/instance/compute?api-version=2021-01-01&format=json`
  const document = { name: 'vm_7', osProfile: { computerName: 'web-1' } }
  const publicKeys = [{ keyData: `${one}\r\n`, path: '/home/core/.ssh/authorized_keys' }]
  const headers = { metadata: 'true' }
  const whole = at({ [address]: json({ ...document, publicKeys }) }, headers)
  assert.deepEqual(await told(azureProvider(), whole), { hostname: 'web-1', keys: [one] })
  const early = (request: Seen, before: number): Reply =>
    before === 0 ? { status: 410 } : at({ [address]: json({ name: 'vm-7' }) }, headers)(request)
  assert.deepEqual(await told(azureProvider(), early), { hostname: 'vm-7', keys: [] })
})

test('takes a token of Akamai, and the keys of all its users', async () => {
  const texts = {
    [`${link}/v1/instance`]: json({ label: 'web-1' }),
    [`${link}/v1/ssh-keys`]: json({ users: { root: [one], ana: [two] } }),
  }
  const answer = at(texts, { 'metadata-token': 'token', accept: 'application/json' })
  const reply = (request: Seen): Reply =>
    request.method === 'PUT' ? { body: 'token' } : answer(request)
  assert.deepEqual(await told('akamai', reply), { hostname: 'web-1', keys: [one, two] })
})

test('reads the document of OpenStack, and says where one is no JSON', async () => {
  const address = `${link}/openstack/latest/meta_data.json`
  const document = json({ hostname: 'web-1.novalocal', public_keys: { mine: `${one}\n` } })
  const expected = { hostname: 'web-1.novalocal', keys: [one] }
  const provider = openstackProvider('openstack', '/nowhere')
  assert.deepEqual(await told(provider, at({ [address]: document })), expected)
  await assert.rejects(
    told(provider, at({ [address]: '<html>' })),
    /platform openstack: .*meta_data\.json of openstack: it is not JSON text/s,
  )
})

test('asks the router of CloudStack, and the seed of NoCloud', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-metadata-'))
  try {
    const leases = join(directory, 'leases')
    mkdirSync(leases)
    writeFileSync(join(leases, '2'), 'SERVER_ADDRESS=10.1.1.1\n')
    const router = at({
      '10.1.1.1/latest/meta-data/local-hostname': 'web-1',
      '10.1.1.1/latest/meta-data/public-keys': `${one}\n`,
    })
    const expected = { hostname: 'web-1', keys: [one] }
    assert.deepEqual(
      await told(cloudstackProvider({ labels: directory, leases }), router),
      expected,
    )
    const hint = join(directory, 'serial')
    writeFileSync(hint, 'ds=nocloud;s=http://10.0.2.2/a/\n')
    const nocloud = nocloudProvider({ labels: directory, hints: [hint] })
    const seed = (text: string) => at({ '10.0.2.2/a/meta-data': text })
    const text = `instance-id: i\nlocal-hostname: web-1\npublic-keys:\n  - ${one}\n`
    assert.deepEqual(await told(nocloud, seed(text)), expected)
    await assert.rejects(told(nocloud, seed('{')), /platform nocloud: .*it is not YAML text/s)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('knows nothing of hosts on platforms that tell nothing, and names and keys at Equinix Metal', () => {
  for (const platform of ['qemu', 'metal', 'file', 'virtualbox', 'vmware', 'hyperv', 'azurestack'])
    assert.equal(openProvider(platform).metadata, undefined, platform)
  assert.ok(packetProvider.metadata?.sshKeys !== undefined)
})
