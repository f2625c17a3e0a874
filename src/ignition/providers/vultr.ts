import { metadataService } from './metadata-service.ts'
import { metadataAddresses } from './platform-metadata.ts'
import type { Provider } from './provider.ts'

const platform = 'vultr'
const service = 'http://169.254.169.254'

/** Vultr. */
export const vultrProvider: Provider = {
  ...metadataService({ platform, url: `${service}/user-data/user-data` }),
  metadata: metadataAddresses(
    { platform, url: `${service}/v1/` },
    { hostname: 'hostname', sshKeys: 'public-keys' },
  ),
}
