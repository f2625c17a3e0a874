import { execFileSync } from 'node:child_process'
import { openstackProvider } from '../providers/openstack.ts'
import { openProvider } from '../providers/registry.ts'
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

await using scaleway = await serve(
  ({ remotePort }) => (remotePort < 1024 ? { body: 'to root' } : { status: 403 }),
  undefined,
  '169.254.42.42',
  80,
)
printed.scaleway = text((await openProvider('scaleway').fetch({ fetcher, log }))?.data)
printed.lowPorts = scaleway.seen.every(({ remotePort }) => remotePort > 0 && remotePort < 1024)

process.stdout.write(JSON.stringify(printed))
