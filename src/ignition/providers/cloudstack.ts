import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAbsence } from '../../files/absence.ts'
import { NetworkNeededError } from '../sources/failure.ts'
import { driveWay } from './drive-service.ts'
import { askService } from './metadata-service.ts'
import { keysIn } from './platform-metadata.ts'
import {
  type ProvidedConfig,
  type Provider,
  type ProviderContext,
  providerFailed,
} from './provider.ts'
import { race } from './race.ts'

export type CloudstackPlaces = {
  readonly labels: string
  /** Where systemd-networkd keeps what DHCP told. */
  readonly leases: string
}

/** What is had of CloudStack: a file of its drive, and an address of its router. */
type Item = { readonly paths: readonly string[]; readonly address: string; readonly what: string }

const userData: Item = {
  paths: ['/cloudstack/userdata/user_data.txt'],
  address: 'user-data',
  what: 'user data',
}

const leasePollMs = 500

/** CloudStack: a config drive, or the DHCP server, which is the virtual router with the user data. */
export function cloudstackProvider(
  places: CloudstackPlaces = { labels: '/dev/disk/by-label', leases: '/run/systemd/netif/leases' },
): Provider {
  return {
    fetch: (context) => read(userData, places, context),
    metadata: {
      hostname: (context) => metadata('local_hostname', places, context),
      sshKeys: async (context) => keysIn(await metadata('public_keys', places, context)),
    },
  }
}

async function metadata(name: string, places: CloudstackPlaces, context: ProviderContext) {
  const item = {
    paths: [`/cloudstack/metadata/${name}.txt`],
    address: `meta-data/${name.replace('_', '-')}`,
    what: name,
  }
  const found = await read(item, places, context)
  return found && Buffer.from(found.data).toString('utf8').trim()
}

async function read(
  item: Item,
  places: CloudstackPlaces,
  context: ProviderContext,
): Promise<ProvidedConfig | undefined> {
  if (context.fetcher.isOffline) throw new NetworkNeededError('the virtual router')
  const drives = ['config-2', 'CONFIG-2'].map((label) =>
    driveWay({ label, paths: item.paths, directory: places.labels }, context),
  )
  const router = {
    name: 'virtual router',
    ask: (signal: AbortSignal) => askRouter(item, places.leases, { ...context, signal }),
  }
  return await race('cloudstack', [...drives, router], context)
}

async function askRouter({ address, what }: Item, leases: string, context: ProviderContext) {
  const server = await dhcpServer(leases, context.signal)
  const url = `http://${server}/latest/${address}`
  const data = await askService({ platform: 'cloudstack', url }, context)
  return data && { source: `${what} of cloudstack`, data }
}

async function dhcpServer(leases: string, signal: AbortSignal | undefined): Promise<string> {
  for (;;) {
    const [lease] = filesIn(leases)
    if (lease !== undefined) {
      const address = /^SERVER_ADDRESS=([0-9a-f.:]+)$/m.exec(readFileSync(lease, 'utf8'))?.[1]
      if (address === undefined)
        throw providerFailed('cloudstack', 'the lease names no DHCP server')
      return address.includes(':') ? `[${address}]` : address
    }
    await sleep(leasePollMs, undefined, signal === undefined ? {} : { signal })
  }
}

/** A lease has the number of its link as name; the directory comes with the first one. */
function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /^\d+$/.test(name))
      .sort((a, b) => Number(a) - Number(b))
      .map((name) => join(directory, name))
  } catch (error) {
    if (isAbsence(error)) return []
    throw error
  }
}
