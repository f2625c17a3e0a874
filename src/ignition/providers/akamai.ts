import { valueAt } from '../../json/value.ts'
import { askService, decodeBase64, gunzipped, type MetadataService } from './metadata-service.ts'
import { askJson, keysIn } from './platform-metadata.ts'
import { type Provider, type ProviderContext, providerFailed } from './provider.ts'

const service = 'http://169.254.169.254/v1'

/** Akamai Connected Cloud (Linode), whose service wants a token, and may compress. */
export const akamaiProvider: Provider = {
  fetch: async (context) => {
    const encoded = await askService(await serviceOf('user-data', '*/*', context), context)
    if (encoded === undefined) return undefined
    const data = decodeBase64(encoded.toString('latin1'), 'akamai')
    const isGzip = data[0] === 0x1f && data[1] === 0x8b
    return { source: 'user data of akamai', data: isGzip ? gunzipped(data, 'akamai') : data }
  },
  metadata: {
    // What the machine is called in the cloud: the service knows no other name.
    hostname: async (context) => {
      const label = valueAt(await document('instance', context), 'label')
      return typeof label === 'string' ? label : undefined
    },
    // Those of all users: a host has none of their names.
    sshKeys: async (context) => keysIn(valueAt(await document('ssh-keys', context), 'users')),
  },
}

async function document(name: string, context: ProviderContext): Promise<unknown> {
  return await askJson(await serviceOf(name, 'application/json', context), context)
}

/** An address of the service, with a token of its own. */
async function serviceOf(
  name: string,
  accept: string,
  { fetcher, signal }: ProviderContext,
): Promise<MetadataService> {
  const answer = await fetcher.ask(
    `${service}/token`,
    {
      method: 'PUT',
      headers: { accept: 'text/plain', 'metadata-token-expiry-seconds': '300' },
      retryStatuses: [429],
      isDirect: true,
    },
    signal,
  )
  const token = answer?.toString().trim()
  if (!token) throw providerFailed('akamai', 'the metadata service gives no token')
  const headers = { accept, 'metadata-token': token }
  return { platform: 'akamai', url: `${service}/${name}`, headers, missing: 'failure' }
}
