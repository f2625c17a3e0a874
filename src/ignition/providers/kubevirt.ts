import { cidataDocument, cidataMetadata, cidataMetadataPaths } from './cidata.ts'
import { configDriveMetadataPaths, configDrivePaths, openstackDocument } from './config-drive.ts'
import { driveWay } from './drive-service.ts'
import { metadataDocument } from './platform-metadata.ts'
import type { Provider, ProviderContext } from './provider.ts'
import { race } from './race.ts'

/** KubeVirt: `cloudInitNoCloud` or `cloudInitConfigDrive`. */
export function kubevirtProvider(directory = '/dev/disk/by-label'): Provider {
  const read = (cidata: readonly string[], config: readonly string[], context: ProviderContext) => {
    const drives = [
      { label: 'cidata', paths: cidata, directory },
      { label: 'config-2', paths: config, directory },
    ].map((drive) => driveWay(drive, context))
    return race('kubevirt', drives, context)
  }
  return {
    fetch: (context) => read(['/user-data'], configDrivePaths, context),
    metadata: metadataDocument(
      async (context) => {
        const found = await read(cidataMetadataPaths, configDriveMetadataPaths, context)
        // JSON is YAML as well.
        return cidataMetadata(found, 'kubevirt')
      },
      {
        hostname: (document) =>
          cidataDocument.hostname(document) || openstackDocument.hostname(document),
        sshKeys: (document) => [
          cidataDocument.sshKeys(document),
          openstackDocument.sshKeys(document),
        ],
      },
    ),
  }
}
