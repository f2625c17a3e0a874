import { metadataService } from './metadata-service.ts'

/** Exoscale. */
export const exoscaleProvider = metadataService({
  platform: 'exoscale',
  url: 'http://169.254.169.254/1.0/user-data',
})
