import { reasonOf } from '../sources/failure.ts'
import { driveMs, patience, readDrive } from './drive-service.ts'
import { type Provider, providerFailed } from './provider.ts'

/** Where OpenStack's config drive has the user data, and those of others that took it over. */
export const configDrivePaths = ['/openstack/latest/user_data']

/** A platform that always brings a config drive with the label config-2. */
export function configDriveProvider(platform: string, directory?: string): Provider {
  return {
    fetch: async (context) => {
      const place = directory === undefined ? {} : { directory }
      const drive = { label: 'config-2', paths: configDrivePaths, ...place }
      try {
        return await readDrive(drive, context, patience(driveMs, context))
      } catch (error) {
        context.signal?.throwIfAborted()
        throw providerFailed(platform, `the drive config-2: ${reasonOf(error)}`, error)
      }
    },
  }
}
