import { metadataService } from './metadata-service.ts'

/** DigitalOcean. */
export const digitaloceanProvider = metadataService({
  platform: 'digitalocean',
  url: 'http://169.254.169.254/metadata/v1/user-data',
  missing: 'failure',
})
