import { randomInt } from 'node:crypto'
import { valueAt } from '../../json/value.ts'
import { metadataService } from './metadata-service.ts'
import { askJson, metadataDocument } from './platform-metadata.ts'
import type { Provider } from './provider.ts'

const platform = 'scaleway'
const service = 'http://169.254.42.42'

/** Scaleway, which gives user data to ports of root only: nobody else on the host may read them. */
export const scalewayProvider: Provider = {
  ...metadataService({
    platform,
    url: `${service}/user_data/cloud-init`,
    localPort: () => randomInt(1, 1024),
  }),
  metadata: metadataDocument(
    (context) => askJson({ platform, url: `${service}/conf?format=json` }, context),
    {
      hostname: (document) => valueAt(document, 'hostname'),
      sshKeys: (document) => {
        const keys = valueAt(document, 'ssh_public_keys')
        return Array.isArray(keys) ? keys.map((each) => valueAt(each, 'key')) : undefined
      },
    },
  ),
}
