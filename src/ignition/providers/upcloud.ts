import { metadataService } from './metadata-service.ts'

/** UpCloud, whose metadata service has to be switched on. */
export const upcloudProvider = metadataService({
  platform: 'upcloud',
  url: 'http://169.254.169.254/metadata/v1/user_data',
})
