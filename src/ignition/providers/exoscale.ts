import { metadataService } from './metadata-service.ts'
import { metadataAddresses } from './platform-metadata.ts'
import type { Provider } from './provider.ts'

const platform = 'exoscale'
const service = 'http://169.254.169.254/1.0'

/** Exoscale. */
export const exoscaleProvider: Provider = {
  ...metadataService({ platform, url: `${service}/user-data` }),
  metadata: metadataAddresses(
    { platform, url: `${service}/meta-data/` },
    { hostname: 'local-hostname', sshKeys: 'public-keys' },
  ),
}
