import { imdsHeaders } from '../sources/cloud-identity.ts'
import { askService } from './metadata-service.ts'
import type { Provider } from './provider.ts'

/** Amazon EC2: the instance metadata service, version 2 and where that is missing version 1. */
export const awsProvider: Provider = {
  fetch: async (context) => {
    const { fetcher, signal } = context
    const headers = await imdsHeaders((url, request) => fetcher.ask(url, request, signal))
    const url = 'http://169.254.169.254/2019-10-01/user-data'
    const data = await askService({ platform: 'aws', url, headers }, context)
    return data && { source: 'user data of aws', data }
  },
}
