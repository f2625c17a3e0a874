import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAbsence } from '../../files/absence.ts'
import { reasonOf } from '../sources/failure.ts'
import {
  type ProvidedConfig,
  type Provider,
  type ProviderContext,
  providerFailed,
} from './provider.ts'

/** The names under which `-fw_cfg name=…,file=…` may bring a config; the first that is there counts. */
const keys = ['opt/com.coreos/config', 'opt/org.flatcar-linux/config']

export type QemuPlaces = {
  /** QEMU's firmware configuration device, as the kernel module qemu_fw_cfg shows it. */
  readonly firmware: string
  /** A virtio disk with the serial number `ignition`. */
  readonly disk: string
}

const hostPlaces: QemuPlaces = {
  firmware: '/sys/firmware/qemu_fw_cfg',
  disk: '/dev/disk/by-id/virtio-ignition',
}

/** How long the disk may take to appear where there is no other way. */
const diskMs = 5 * 60_000
const pollMs = 1000

/** QEMU: fw_cfg, or a disk that is the config, which is the only way where machines have no fw_cfg. */
export function qemuProvider(
  { firmware, disk }: QemuPlaces = hostPlaces,
  architecture: string = process.arch,
): Provider {
  return {
    fetch: async (context) => {
      if (architecture === 's390x' || architecture === 'ppc64')
        return await waitForDisk(disk, context)
      if (existsSync(disk)) return readDisk(disk)
      // Without this check a missing module would look like a host without config.
      if (!existsSync(join(firmware, 'by_name')))
        throw providerFailed(
          'qemu',
          `${firmware} is missing, so the kernel module qemu_fw_cfg is not loaded`,
        )
      return keys.map((key) => read(firmware, key)).find((config) => config !== undefined)
    },
  }
}

function read(directory: string, key: string): ProvidedConfig | undefined {
  try {
    const data = readFileSync(join(directory, 'by_name', key, 'raw'))
    return { source: `fw_cfg:${key}`, data }
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw providerFailed('qemu', reasonOf(error), error)
  }
}

async function waitForDisk(
  disk: string,
  { log, signal }: ProviderContext,
): Promise<ProvidedConfig> {
  const deadline = performance.now() + diskMs
  if (!existsSync(disk)) log.info(`waiting for ${disk}`)
  while (performance.now() < deadline) {
    if (existsSync(disk)) return readDisk(disk)
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal })
  }
  throw providerFailed('qemu', `${disk} did not come within ${diskMs / 60_000} minutes`)
}

/** A disk is a multiple of its sectors, so NULs follow the config. */
function readDisk(disk: string): ProvidedConfig {
  const data = readFileSync(disk)
  let end = data.length
  while (end > 0 && data[end - 1] === 0) end -= 1
  return { source: disk, data: data.subarray(0, end) }
}
