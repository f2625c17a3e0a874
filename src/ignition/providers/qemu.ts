import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../sources/failure.ts'
import { type ProvidedConfig, type Provider, providerFailed } from './provider.ts'

/** The names under which `-fw_cfg name=…,file=…` may bring a config; the first that is there counts. */
const keys = ['opt/com.coreos/config', 'opt/org.flatcar-linux/config']

/** QEMU's firmware configuration device, as the kernel module qemu_fw_cfg shows it. */
export function qemuProvider(directory = '/sys/firmware/qemu_fw_cfg'): Provider {
  return {
    fetch: async () => {
      // Without this check a missing module would look like a host without config.
      if (!existsSync(join(directory, 'by_name')))
        throw providerFailed(
          'qemu',
          `${directory} is missing, so the kernel module qemu_fw_cfg is not loaded`,
        )
      return keys.map((key) => read(directory, key)).find((config) => config !== undefined)
    },
  }
}

function read(directory: string, key: string): ProvidedConfig | undefined {
  try {
    const data = readFileSync(join(directory, 'by_name', key, 'raw'))
    return { source: `fw_cfg:${key}`, data }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw providerFailed('qemu', reasonOf(error), error)
  }
}
