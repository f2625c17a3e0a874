import { configDriveProvider } from './config-drive.ts'

/** IBM Power Systems Virtual Server: a config drive. */
export const powervsProvider = configDriveProvider('powervs')
