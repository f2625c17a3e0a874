import { metadataService } from './metadata-service.ts'

/** Alibaba Cloud. */
export const aliyunProvider = metadataService({
  platform: 'aliyun',
  url: 'http://100.100.100.200/latest/user-data',
})
