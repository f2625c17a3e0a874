import { metadataService } from './metadata-service.ts'
import { askText, numberedKeys } from './platform-metadata.ts'
import type { Provider, ProviderContext } from './provider.ts'

const platform = 'aliyun'
const service = 'http://100.100.100.200/latest'

/** Alibaba Cloud. */
export const aliyunProvider: Provider = {
  ...metadataService({ platform, url: `${service}/user-data` }),
  metadata: {
    hostname: (context) => ask('hostname', context),
    sshKeys: (context) => numberedKeys((name) => ask(name, context)),
  },
}

function ask(name: string, context: ProviderContext): Promise<string | undefined> {
  return askText({ platform, url: `${service}/meta-data/${name}` }, context)
}
