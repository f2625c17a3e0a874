import { metadataService } from './metadata-service.ts'
import { askJson, askText, keysIn } from './platform-metadata.ts'
import type { Provider } from './provider.ts'

const platform = 'hetzner'
const service = 'http://169.254.169.254/hetzner/v1'

/** Hetzner Cloud. */
export const hetznerProvider: Provider = {
  ...metadataService({ platform, url: `${service}/userdata` }),
  metadata: {
    hostname: (context) => askText({ platform, url: `${service}/metadata/hostname` }, context),
    sshKeys: async (context) =>
      keysIn(await askJson({ platform, url: `${service}/metadata/public-keys` }, context)),
  },
}
