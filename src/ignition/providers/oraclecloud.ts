import { valueAt } from '../../json/value.ts'
import { metadataService } from './metadata-service.ts'
import { askJson, metadataDocument } from './platform-metadata.ts'
import type { Provider } from './provider.ts'

const service = {
  platform: 'oraclecloud',
  url: 'http://169.254.169.254/opc/v2/instance/',
  headers: { authorization: 'Bearer Oracle' },
}

/** Oracle Cloud Infrastructure. */
export const oraclecloudProvider: Provider = {
  ...metadataService({
    ...service,
    url: `${service.url}metadata/user_data`,
    encoding: 'base64',
  }),
  metadata: metadataDocument((context) => askJson(service, context), {
    hostname: (document) => valueAt(document, 'hostname'),
    sshKeys: (document) => valueAt(document, 'metadata', 'ssh_authorized_keys'),
  }),
}
