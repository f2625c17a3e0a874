import { metadataService } from './metadata-service.ts'

/** Oracle Cloud Infrastructure. */
export const oraclecloudProvider = metadataService({
  platform: 'oraclecloud',
  url: 'http://169.254.169.254/opc/v2/instance/metadata/user_data',
  headers: { authorization: 'Bearer Oracle' },
  encoding: 'base64',
})
