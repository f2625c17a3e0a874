import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { main } from '../main.ts'
import { openstackProvider } from '../providers/openstack.ts'
import { openProvider } from '../providers/registry.ts'
import { ScratchHost } from '../scratch-host.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { fetchBytes } from '../sources/resource.ts'
import { quietLog } from './quiet-log.ts'
import { serve } from './servers.ts'

// Run in a network namespace of its own: takes the clouds' addresses, asks them, prints what came.

for (const command of [
  'link set lo up',
  'link add link0 type veth peer name link1',
  'link set link0 up',
  'link set link1 up',
  '-6 addr add fe80::a9fe:a9fe/64 dev link0 nodad',
  'addr add 169.254.42.42/32 dev lo',
])
  execFileSync('ip', command.split(' '))

const log = quietLog()
const fetcher = new Fetcher({ log, platform: 'test', totalMs: 10_000 })
const printed: Record<string, unknown> = {}
const text = (data: Uint8Array | undefined) => data && Buffer.from(data).toString()

await using linkLocal = await serve(
  ({ path, headers }) => ({ body: `${headers.host}${path}` }),
  undefined,
  'fe80::a9fe:a9fe%link0',
  80,
)
const source = 'http://[fe80::a9fe:a9fe%25link0]/a?b'
printed.zone = text(await fetchBytes(fetcher, { source }))
// Nobody has 169.254.169.254 here.
printed.openstack = text(
  (await openstackProvider('openstack', '/none').fetch({ fetcher, log }))?.data,
)
printed.asked = linkLocal.seen.length

const userData = {
  ignition: { version: '3.6.0' },
  passwd: { users: [{ name: 'core' }] },
  systemd: {
    units: ['afterburn-hostname.service', 'afterburn-sshkeys@core.service'].map((name) => ({
      name,
      enabled: true,
    })),
  },
}
const instance = { hostname: 'scw-1', ssh_public_keys: [{ key: 'ssh-ed25519 AAAA a' }] }

await using scaleway = await serve(
  ({ remotePort, path }) => {
    if (path === '/conf?format=json') return { body: JSON.stringify(instance) }
    return remotePort < 1024 ? { body: JSON.stringify(userData) } : { status: 403 }
  },
  undefined,
  '169.254.42.42',
  80,
)
printed.scaleway = text((await openProvider('scaleway').fetch({ fetcher, log }))?.data)
printed.lowPorts = scaleway.seen.every(({ remotePort }) => remotePort > 0 && remotePort < 1024)

const host = new ScratchHost()
try {
  const work = (name: string) => join(host.outside, name)
  const options = ['-platform', 'scaleway', '-root', host.root].concat(
    ['-config-cache', work('cache'), '-state-file', work('state'), '-needs-net', work('net')],
    ['-fetch-timeout', '10s'],
  )
  printed.offline = [await main([...options, '-stage', 'all-offline']), existsSync(work('net'))]
  printed.provisioned = await main([...options, '-stage', 'all'])
  const read = (path: string) => readFileSync(host.at(path), 'utf8')
  printed.hostname = read('/etc/hostname')
  printed.keys = read('/home/core/.ssh/authorized_keys.d/ignition')
  const { configs, warnings } = JSON.parse(read('/etc/.ignition-result.json'))
  printed.configs = configs.map(({ source }: { source: string }) => source)
  printed.warnings = warnings
} finally {
  host.remove()
}

process.stdout.write(JSON.stringify(printed))
