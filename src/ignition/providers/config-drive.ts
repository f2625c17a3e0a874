import { valueAt } from '../../json/value.ts'
import { reasonOf } from '../sources/failure.ts'
import { driveMs, patience, readDrive } from './drive-service.ts'
import { jsonOf, metadataDocument } from './platform-metadata.ts'
import {
  type ProvidedConfig,
  type Provider,
  type ProviderContext,
  providerFailed,
} from './provider.ts'

/** Where OpenStack's config drive has the user data, and those of others that took it over. */
export const configDrivePaths = ['/openstack/latest/user_data']

/** Where OpenStack's config drive tells of the host. */
export const configDriveMetadataPaths = ['/openstack/latest/meta_data.json']

/** How OpenStack tells of a host, wherever it does. */
export const openstackDocument = {
  hostname: (document: unknown) => valueAt(document, 'hostname'),
  sshKeys: (document: unknown) => valueAt(document, 'public_keys'),
}

/** The document of OpenStack's that was read. Throws SLIPWAY_IGNITION_PROVIDER_FAILED. */
export function openstackMetadata(read: ProvidedConfig | undefined, platform: string): unknown {
  return read && jsonOf(read.data, platform, read.source)
}

/** A platform that always brings a config drive with the label config-2. */
export function configDriveProvider(platform: string, directory?: string): Provider {
  const place = directory === undefined ? {} : { directory }
  const read = async (paths: readonly string[], context: ProviderContext) => {
    const drive = { label: 'config-2', paths, ...place }
    try {
      return await readDrive(drive, context, patience(driveMs, context))
    } catch (error) {
      context.signal?.throwIfAborted()
      throw providerFailed(platform, `the drive config-2: ${reasonOf(error)}`, error)
    }
  }
  return {
    fetch: (context) => read(configDrivePaths, context),
    metadata: metadataDocument(
      async (context) => openstackMetadata(await read(configDriveMetadataPaths, context), platform),
      openstackDocument,
    ),
  }
}
