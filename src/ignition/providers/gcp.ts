import { metadataService } from './metadata-service.ts'

/** Google Cloud: the metadata entry `user-data`. */
export const gcpProvider = metadataService({
  platform: 'gcp',
  url: 'http://169.254.169.254/computeMetadata/v1/instance/attributes/user-data',
  headers: { 'metadata-flavor': 'Google' },
})
