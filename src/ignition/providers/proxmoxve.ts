import { valueAt } from '../../json/value.ts'
import { cidataProvider, optionalDriveMs, readOptionalDrive } from './cidata.ts'
import { metadataDocument, yamlOf } from './platform-metadata.ts'
import type { Provider } from './provider.ts'

const platform = 'proxmoxve'

/** Proxmox VE, which makes a cloud-config of its own when the user gave nothing: that does not count. */
export function proxmoxveProvider(directory = '/dev/disk/by-label'): Provider {
  const isCloudConfig = (data: Buffer) => data.toString('latin1').startsWith('#cloud-config\n')
  const accepts = (data: Buffer) => data.length > 0 && !isCloudConfig(data)
  const generated = { label: 'cidata', paths: ['/user-data'], accepts: isCloudConfig, directory }
  return {
    ...cidataProvider(platform, { paths: ['/user-data', '/vendor-data'], accepts }, directory),
    // The file meta-data has no more than an instance's number; names and keys are in that cloud-config.
    metadata: metadataDocument(
      async (context) => {
        const read = await readOptionalDrive(generated, platform, optionalDriveMs, context)
        return read && yamlOf(read.data, platform, read.source)
      },
      {
        hostname: (document) => valueAt(document, 'hostname'),
        sshKeys: (document) => valueAt(document, 'ssh_authorized_keys'),
      },
    ),
  }
}
