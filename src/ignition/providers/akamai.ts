import { askService, decodeBase64, gunzipped } from './metadata-service.ts'
import { type Provider, providerFailed } from './provider.ts'

const service = 'http://169.254.169.254/v1'

/** Akamai Connected Cloud (Linode), whose service wants a token, and may compress. */
export const akamaiProvider: Provider = {
  fetch: async (context) => {
    const answer = await context.fetcher.ask(
      `${service}/token`,
      {
        method: 'PUT',
        headers: { accept: 'text/plain', 'metadata-token-expiry-seconds': '300' },
        retryStatuses: [429],
      },
      context.signal,
    )
    const token = answer?.toString().trim()
    if (!token) throw providerFailed('akamai', 'the metadata service gives no token')
    const encoded = await askService(
      {
        platform: 'akamai',
        url: `${service}/user-data`,
        headers: { accept: '*/*', 'metadata-token': token },
        missing: 'failure',
      },
      context,
    )
    if (encoded === undefined) return undefined
    const data = decodeBase64(encoded.toString('latin1'), 'akamai')
    const isGzip = data[0] === 0x1f && data[1] === 0x8b
    return { source: 'user data of akamai', data: isGzip ? gunzipped(data, 'akamai') : data }
  },
}
