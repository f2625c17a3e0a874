import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { ifAbsent } from '../../files/absence.ts'
import type { Esp } from './entries.ts'
import { NotPe, peSection } from './pe.ts'
import { replaceOnEsp, temporaryName } from './replace.ts'

export type BootLoaderUpdate = {
  readonly esp: Esp
  /** systemd-boot as the release brings it, from the verified /usr or checked against its digest. */
  readonly loader: Buffer
  /** Negative when the first version is older. */
  readonly compareVersions: (a: string, b: string) => number
  readonly allowDowngrade?: boolean
}

export type BootLoaderCopy = {
  readonly path: string
  /** `same`: it has these bytes; `newer`: it is of a later version, and stays. */
  readonly outcome: 'same' | 'newer' | 'replaced'
  /** The version that was there; absent when there was none that works. */
  readonly before?: string
}

/**
 * Both places of systemd-boot in the ESP. The second is where firmware looks that has no boot variable
 * (UEFI specification, 3.5.1.1), as in most virtual machines.
 */
const loaderPaths = ['EFI/systemd/systemd-bootx64.efi', 'EFI/BOOT/BOOTX64.EFI']

/**
 * Brings the boot loader's copies up to date, one after the other, so that one of them is whole at any
 * moment; each is replaced at once. A copy with the same bytes, or of a newer version, stays. Running it
 * again goes on where it was cut.
 *
 * Throws SLIPWAY_UPDATE_ESP_NO_BOOT_LOADER when `loader` is not systemd-boot;
 * SLIPWAY_UPDATE_ESP_NOT_WRITTEN or _READ_BACK when a copy could not be made: the old one is then still in
 * place.
 */
export async function updateBootLoader(update: BootLoaderUpdate): Promise<BootLoaderCopy[]> {
  const version = await loaderVersion(update.loader)
  if (version === undefined)
    throw updateSlotErrors.error('SLIPWAY_UPDATE_ESP_NO_BOOT_LOADER', {
      reason: 'it is no PE file that tells systemd-boot’s version',
    })
  const copies: BootLoaderCopy[] = []
  for (const relative of loaderPaths) {
    const path = join(update.esp.directory, relative)
    copies.push({ path, ...(await updateCopy(update, version, path)) })
  }
  return copies
}

/**
 * The version in a systemd-boot executable: what stands after `systemd-boot` in its section `.sdmagic`, as
 * `257.13-1~deb13u1`. Undefined when the file is another one or damaged.
 */
export async function loaderVersion(loader: Buffer): Promise<string | undefined> {
  const read = async (position: number, length: number) =>
    loader.subarray(position, position + length)
  try {
    const magic = (await peSection(read, '.sdmagic'))?.toString('utf8') ?? ''
    return /#### LoaderInfo: systemd-boot (\S+) ####/.exec(magic)?.[1]
  } catch (error) {
    if (error instanceof NotPe) return undefined
    throw error
  }
}

async function updateCopy(
  { esp, loader, compareVersions, allowDowngrade = false }: BootLoaderUpdate,
  version: string,
  path: string,
): Promise<Omit<BootLoaderCopy, 'path'>> {
  const present = await readFile(path).catch(ifAbsent)
  const before = present && (await loaderVersion(present))
  const known = before === undefined ? {} : { before }
  await rm(join(dirname(path), temporaryName), { force: true })
  if (present?.equals(loader)) return { outcome: 'same', ...known }
  const isNewer = before !== undefined && compareVersions(before, version) > 0
  if (isNewer && !allowDowngrade) return { outcome: 'newer', ...known }
  await replaceOnEsp(esp, path, loader)
  return { outcome: 'replaced', ...known }
}
