/** Where the host has configs and what leads to them, besides the platform. */
export type ConfigPlaces = {
  /** Directories with `user.ign`, `base.d` and `base.platform.d/PLATFORM`, the first before the others. */
  readonly systemDirectories: readonly string[]
  readonly kernelCommandLine: string
  /** Directories of systemd's credentials, the first before the others. */
  readonly credentialDirectories: readonly string[]
  /** Entries of the firmware's tables, of which those of type 11 may hold credentials. */
  readonly firmwareTables: string
}

/** As on a host, or as the environment says, by the reference implementation's variables. */
export function configPlaces(environment: NodeJS.ProcessEnv): ConfigPlaces {
  const { CREDENTIALS_DIRECTORY: ofService } = environment
  return {
    systemDirectories: [
      environment.IGNITION_SYSTEM_RUNTIME_CONFIG_DIR || '/run/ignition',
      environment.IGNITION_SYSTEM_LOCAL_CONFIG_DIR || '/etc/ignition',
      environment.IGNITION_SYSTEM_CONFIG_DIR || '/usr/lib/ignition',
    ],
    kernelCommandLine: environment.IGNITION_KERNEL_CMDLINE_PATH || '/proc/cmdline',
    credentialDirectories: [...(ofService ? [ofService] : []), '/run/credentials/@system'],
    firmwareTables: '/sys/firmware/dmi/entries',
  }
}
