import { randomInt } from 'node:crypto'
import { metadataService } from './metadata-service.ts'

/** Scaleway, which gives user data to ports of root only: nobody else on the host may read them. */
export const scalewayProvider = metadataService({
  platform: 'scaleway',
  url: 'http://169.254.42.42/user_data/cloud-init',
  localPort: () => randomInt(1, 1024),
})
