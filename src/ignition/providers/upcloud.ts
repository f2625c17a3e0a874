import { metadataService } from './metadata-service.ts'
import { metadataAddresses } from './platform-metadata.ts'
import type { Provider } from './provider.ts'

const platform = 'upcloud'
const service = 'http://169.254.169.254/metadata/v1/'

/** UpCloud, whose metadata service has to be switched on. */
export const upcloudProvider: Provider = {
  ...metadataService({ platform, url: `${service}user_data` }),
  metadata: metadataAddresses(
    { platform, url: service },
    { hostname: 'hostname', sshKeys: 'public_keys' },
  ),
}
