import { join } from 'node:path'
import { emptyDisks } from './disks-config.ts'
import { type BootOptions, type Laboratory, testConfig } from './host.ts'

type MetalConfig = {
  readonly storage: { readonly files: readonly object[] }
  readonly systemd: { readonly units: readonly object[] }
}

/** A host with two empty disks and a TPM, of the config of every test, or the one given, and its own together. */
export function metalHost(
  laboratory: Laboratory,
  disk: string,
  own: MetalConfig,
  common = testConfig(laboratory),
): BootOptions {
  const { directory } = laboratory
  const base = JSON.parse(common) as MetalConfig
  const config = {
    ...base,
    ...own,
    storage: { ...own.storage, files: [...base.storage.files, ...own.storage.files] },
    systemd: { units: [...base.systemd.units, ...own.systemd.units] },
  }
  return {
    disk,
    config: JSON.stringify(config),
    disks: emptyDisks(directory),
    tpm: join(directory, 'tpm'),
    // Its platform would be metal. An emulated machine on a busy one takes its time to find what its drivers are for.
    kernelArguments: 'ignition.platform.id=qemu systemd.default_device_timeout_sec=300',
  }
}
