import { metadataService } from './metadata-service.ts'

/** Vultr. */
export const vultrProvider = metadataService({
  platform: 'vultr',
  url: 'http://169.254.169.254/user-data/user-data',
})
