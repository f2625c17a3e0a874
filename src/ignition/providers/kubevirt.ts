import { configDrivePaths } from './config-drive.ts'
import { driveWay } from './drive-service.ts'
import type { Provider } from './provider.ts'
import { race } from './race.ts'

/** KubeVirt: `cloudInitNoCloud` or `cloudInitConfigDrive`. */
export function kubevirtProvider(directory = '/dev/disk/by-label'): Provider {
  return {
    fetch: async (context) => {
      const drives = [
        { label: 'cidata', paths: ['/user-data'], directory },
        { label: 'config-2', paths: configDrivePaths, directory },
      ].map((drive) => driveWay(drive, context))
      return await race('kubevirt', drives, context)
    },
  }
}
