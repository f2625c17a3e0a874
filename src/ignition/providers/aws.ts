import { imdsHeaders } from '../sources/cloud-identity.ts'
import { askService } from './metadata-service.ts'
import { askText, numberedKeys } from './platform-metadata.ts'
import type { Provider, ProviderContext } from './provider.ts'

/** Amazon EC2: the instance metadata service, version 2 and where that is missing version 1. */
export const awsProvider: Provider = {
  fetch: async (context) => {
    const data = await askService(await serviceOf('user-data', context), context)
    return data && { source: 'user data of aws', data }
  },
  metadata: {
    hostname: (context) => metadata('hostname', context),
    sshKeys: (context) => numberedKeys((name) => metadata(name, context)),
  },
}

async function metadata(name: string, context: ProviderContext): Promise<string | undefined> {
  return await askText(await serviceOf(`meta-data/${name}`, context), context)
}

async function serviceOf(path: string, { fetcher, signal }: ProviderContext) {
  const direct = { isDirect: true } as const
  const headers = await imdsHeaders((url, request) =>
    fetcher.ask(url, { ...request, ...direct }, signal),
  )
  return { platform: 'aws', url: `http://169.254.169.254/2019-10-01/${path}`, headers }
}
