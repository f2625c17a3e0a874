import { valueAt } from '../../json/value.ts'
import { metadataService } from './metadata-service.ts'
import { askJson, metadataDocument } from './platform-metadata.ts'
import type { Provider } from './provider.ts'

const platform = 'digitalocean'
const service = 'http://169.254.169.254/metadata'

/** DigitalOcean. */
export const digitaloceanProvider: Provider = {
  ...metadataService({ platform, url: `${service}/v1/user-data`, missing: 'failure' }),
  metadata: metadataDocument(
    (context) => askJson({ platform, url: `${service}/v1.json` }, context),
    {
      hostname: (document) => valueAt(document, 'hostname'),
      sshKeys: (document) => valueAt(document, 'public_keys'),
    },
  ),
}
