import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { kernelArgumentsErrors } from '../../errors/ignition-kernel-arguments.ts'
import { isAbsence } from '../../files/absence.ts'
import type { Esp } from '../../update/esp/entries.ts'
import { addOnStub } from '../../update/esp/kernel-arguments-add-on.ts'
import { configPlaces } from '../assembly/places.ts'
import { waitForDevice } from '../disks/look.ts'
import { runProgram } from '../disks/program.ts'
import { loadModule } from '../disks/volumes.ts'
import { argumentsIn } from './words.ts'

/** What changing kernel arguments needs of the machine. */
export type Machine = {
  commandLine(): string
  isSecureBootOn(): boolean
  /** systemd's stub of add-ons. */
  stub(): Buffer
  /** Has the ESP that this boot came from mounted meanwhile. */
  withEsp<T>(use: (esp: Esp) => Promise<T>): Promise<T>
  /** Ends this process with the boot. */
  reboot(): Promise<never>
}

/** The machine that this runs on. `efiVariables` is where efivarfs is mounted. */
export function thisMachine(efiVariables = '/sys/firmware/efi/efivars'): Machine {
  const variable = (name: string) => readVariable(join(efiVariables, name))
  const commandLine = () =>
    readFileSync(configPlaces(process.env).kernelCommandLine, 'utf8').trimEnd()
  return {
    commandLine,
    isSecureBootOn: () => variable(secureBootVariable)?.[0] === 1,
    stub: readStub,
    withEsp: async (use) => {
      // Whoever tries a config at home must find neither an add-on there nor a reboot.
      if (!argumentsIn(commandLine()).some((word) => word.startsWith('usrhash=')))
        throw noBootLoader('the kernel was not started from an image of ours')
      return await withEsp(loaderPartition(efiVariables), use)
    },
    reboot,
  }
}

/** 1 while only signed programs start (UEFI specification, 3.3). */
const secureBootVariable = 'SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'

/** The GUID of the partition that the boot loader was started from (Boot Loader Interface). */
const partitionVariable = 'LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'

/** The GUID of the ESP that this boot came from; undefined where no systemd-boot told it. */
export function loaderPartition(efiVariables = '/sys/firmware/efi/efivars'): string | undefined {
  const content = readVariable(join(efiVariables, partitionVariable))
  const guid = content?.toString('utf16le').replace(/\0.*$/s, '').toLowerCase() ?? ''
  return /^[0-9a-f-]{36}$/.test(guid) ? guid : undefined
}

/** The content of an EFI variable, which has its attributes before it; undefined when it is not there. */
function readVariable(path: string): Buffer | undefined {
  try {
    return readFileSync(path).subarray(4)
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}

function readStub(): Buffer {
  try {
    return readFileSync(addOnStub)
  } catch (error) {
    if (!isAbsence(error)) throw error
    const details = { file: addOnStub }
    throw kernelArgumentsErrors.error('SLIPWAY_IGNITION_KARGS_NO_STUB', details, error)
  }
}

/** In the runtime directory, which no later step of the boot looks at. */
const mountPoint = '/run/ignition/esp'

async function withEsp<T>(guid: string | undefined, use: (esp: Esp) => Promise<T>): Promise<T> {
  if (guid === undefined)
    throw noBootLoader('the kernel was not started by systemd-boot on UEFI firmware')
  const device = await waitForDevice(`/dev/disk/by-partuuid/${guid}`)
  for (const module of ['vfat', 'nls_cp437', 'nls_ascii']) await loadModule(module)
  mkdirSync(mountPoint, { recursive: true, mode: 0o700 })
  await runProgram('mount', ['-t', 'vfat', '-o', 'umask=0077', device, mountPoint])
  try {
    return await use({ directory: mountPoint, device })
  } finally {
    await runProgram('umount', [mountPoint])
  }
}

function noBootLoader(reason: string) {
  return kernelArgumentsErrors.error('SLIPWAY_IGNITION_KARGS_NO_BOOT_LOADER', { reason })
}

const rebootSeconds = 90

async function reboot(): Promise<never> {
  const ends = new Promise<never>(() => {
    // What ends all processes comes at once; going on would carry the config out in the meantime.
    process.once('SIGTERM', () => process.exit(0))
  })
  // Within the service's own root, systemctl takes itself to be in a container.
  const environment = { SYSTEMD_IGNORE_CHROOT: '1' }
  await runProgram('systemctl', ['--force', 'reboot'], { environment })
  await Promise.race([ends, setTimeout(rebootSeconds * 1000)])
  const details = { seconds: rebootSeconds }
  throw kernelArgumentsErrors.error('SLIPWAY_IGNITION_KARGS_NO_REBOOT', details)
}
