import { metadataService } from './metadata-service.ts'

/** Hetzner Cloud. */
export const hetznerProvider = metadataService({
  platform: 'hetzner',
  url: 'http://169.254.169.254/hetzner/v1/userdata',
})
