import { configDriveProvider } from './config-drive.ts'

/** Nutanix AHV: a config drive. */
export const nutanixProvider = configDriveProvider('nutanix')
