import { type CdromPlaces, readFromCdrom } from '../drives/cdrom.ts'
import { NetworkNeededError } from '../sources/failure.ts'
import { askService } from './metadata-service.ts'
import type { ProvidedConfig, Provider, ProviderContext } from './provider.ts'

const service = {
  platform: 'azure',
  url: 'http://169.254.169.254/metadata/instance/compute/userData?api-version=2021-01-01&format=text',
  headers: { metadata: 'true' },
  // The service is not ready at once, and says so by these.
  retryStatuses: [404, 410],
  encoding: 'base64',
} as const

/** Azure: user data of the instance metadata service, else custom data on the CD. */
export function azureProvider(places?: CdromPlaces): Provider {
  return {
    fetch: async (context) => {
      if (context.fetcher.isOffline) throw new NetworkNeededError('the metadata service')
      const data = await askService(service, context)
      if (data !== undefined && data.length > 0) return { source: 'user data of azure', data }
      return await customData(context, ['udf'], places)
    },
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
