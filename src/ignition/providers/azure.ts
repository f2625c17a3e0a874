import { valueAt } from '../../json/value.ts'
import { type CdromPlaces, readFromCdrom } from '../drives/cdrom.ts'
import { NetworkNeededError } from '../sources/failure.ts'
import { askService } from './metadata-service.ts'
import { askJson, metadataDocument } from './platform-metadata.ts'
import type { ProvidedConfig, Provider, ProviderContext } from './provider.ts'

const compute = 'http://169.254.169.254/metadata/instance/compute'

const service = {
  platform: 'azure',
  headers: { metadata: 'true' },
  // The service is not ready at once, and says so by these.
  retryStatuses: [404, 410],
} as const

const userData = {
  ...service,
  url: `${compute}/userData?api-version=2021-01-01&format=text`,
  encoding: 'base64',
} as const

const instance = { ...service, url: `${compute}?api-version=2021-01-01&format=json` }

/** Azure: user data of the instance metadata service, else custom data on the CD. */
export function azureProvider(places?: CdromPlaces): Provider {
  return {
    fetch: async (context) => {
      if (context.fetcher.isOffline) throw new NetworkNeededError('the metadata service')
      const data = await askService(userData, context)
      if (data !== undefined && data.length > 0) return { source: 'user data of azure', data }
      return await customData(context, ['udf'], places)
    },
    metadata: metadataDocument((context) => askJson(instance, context), {
      // The name of the machine as a resource need not be that of the host.
      hostname: (document) =>
        valueAt(document, 'osProfile', 'computerName') || valueAt(document, 'name'),
      sshKeys: (document) => {
        const keys = valueAt(document, 'publicKeys')
        return Array.isArray(keys) ? keys.map((each) => valueAt(each, 'keyData')) : undefined
      },
    }),
  }
}

/** What Azure and Azure Stack put on a CD. */
export async function customData(
  { log, signal }: ProviderContext,
  types: readonly string[],
  places?: CdromPlaces,
): Promise<ProvidedConfig | undefined> {
  const request = { paths: ['/CustomData.bin'], mark: '/ovf-env.xml', types, log, signal }
  const { data } = await readFromCdrom(request, places)
  return data && { source: 'custom data on the CD', data }
}
