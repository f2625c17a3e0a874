import { networkInterfaces } from 'node:os'
import { NetworkNeededError } from '../sources/failure.ts'
import {
  configDriveMetadataPaths,
  configDrivePaths,
  openstackDocument,
  openstackMetadata,
} from './config-drive.ts'
import { driveWay } from './drive-service.ts'
import { askService } from './metadata-service.ts'
import { metadataDocument } from './platform-metadata.ts'
import type { Provider, ProviderContext } from './provider.ts'
import { race, type Way } from './race.ts'

/** OpenStack, and clouds made of it: config drive and metadata service, whichever is there first. */
export function openstackProvider(platform: string, directory?: string): Provider {
  const place = directory === undefined ? {} : { directory }
  const read = async (paths: readonly string[], file: string, context: ProviderContext) => {
    // Only with network is it known whether the drive is all that there is.
    if (context.fetcher.isOffline) throw new NetworkNeededError('the metadata service')
    const drives = ['config-2', 'CONFIG-2'].map((label) =>
      driveWay({ label, paths, ...place }, context),
    )
    return await race(platform, [...drives, ...services(platform, file, context)], context)
  }
  return {
    fetch: (context) => read(configDrivePaths, 'user_data', context),
    metadata: metadataDocument(
      async (context) =>
        openstackMetadata(
          await read(configDriveMetadataPaths, 'meta_data.json', context),
          platform,
        ),
      openstackDocument,
    ),
  }
}

/** By IPv4, and by each link that has IPv6 addresses. */
function services(platform: string, file: string, context: ProviderContext): Way[] {
  const links = Object.entries(networkInterfaces())
    .filter(([, addresses = []]) =>
      addresses.some(({ family, internal }) => family === 'IPv6' && !internal),
    )
    .map(([name]) => `[fe80::a9fe:a9fe%25${name}]`)
  return ['169.254.169.254', ...links].map((host) => ({
    name: `metadata service ${host.replace('%25', '%')}`,
    ask: async (signal) => {
      const url = `http://${host}/openstack/latest/${file}`
      const data = await askService({ platform, url }, { ...context, signal })
      return data && { source: `${file === 'user_data' ? 'user data' : file} of ${platform}`, data }
    },
  }))
}
